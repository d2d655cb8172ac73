//! The pages of owners and riders: their handlers, and the data of each template in `templates/work/`.

mod board_page;
mod board_tickets;
mod deliveries_page;
mod delivery_jobs;
mod dish_form;
mod form;
mod home_page;
mod menu_page;
pub(super) mod message;
mod past_page;
mod product_page;
mod reason_form;
mod settings_form;
mod settings_page;
mod stock_page;
mod store_head;
pub(super) mod text;
mod ticket_page;
mod worker;

use crate::adapters::http::AppState;
use axum::Router;
use axum::routing::get;

/// The routes of the pages and their forms. A form is sent to the address of its own page, so that the answer can be loaded
/// again, and read in another language.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/work", get(home_page::home))
        .route(
            "/work/stores/{store_id}",
            get(board_page::board).post(board_page::change),
        )
        .route("/work/stores/{store_id}/orders", get(past_page::past))
        .route(
            "/work/stores/{store_id}/orders/{order_id}",
            get(ticket_page::ticket),
        )
        .route(
            "/work/stores/{store_id}/menu",
            get(menu_page::menu).post(menu_page::change),
        )
        .route(
            "/work/stores/{store_id}/settings",
            get(settings_page::settings).post(settings_page::change),
        )
        .route(
            "/work/stores/{store_id}/stock",
            get(stock_page::stock).post(stock_page::change),
        )
        .route(
            "/work/stores/{store_id}/stock/{product_id}",
            get(product_page::product).post(product_page::change),
        )
        .route(
            "/work/deliveries",
            get(deliveries_page::deliveries).post(deliveries_page::change),
        )
}
