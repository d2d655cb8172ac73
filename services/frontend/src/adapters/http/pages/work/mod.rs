//! The pages of owners and riders: their handlers, and the data of each template in `templates/work/`.

mod board_page;
mod board_tickets;
mod form;
mod home_page;
pub(super) mod message;
mod past_page;
mod reason_form;
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
}
