//! The shop's pages: their handlers, and the data of each template in `templates/`.

mod again;
#[cfg(test)]
mod catalogue_tests;
mod dish_field;
mod form_fields;
mod format;
mod frame;
mod handlers;
mod message;
mod offer;
mod order_form;
mod orders_page;
mod payment;
mod payment_page;
mod pictures;
mod plain_pages;
pub(super) mod problem_pages;
mod reason;
mod recipient_fields;
mod shop_page;
mod text;
mod tracking_page;
mod visitor;
mod work;

use super::{AppState, security};
use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

/// The routes of the pages and their forms.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(handlers::shop))
        .route("/shop/basket", get(handlers::to_shop).post(handlers::basket))
        .route("/shop/orders", get(handlers::my_orders).post(handlers::place))
        .route("/shop/notifications", get(handlers::messages))
        .route("/shop/orders/{order_id}", get(handlers::track))
        .route("/shop/orders/{order_id}/cancel", post(handlers::cancel))
        .route("/shop/orders/{order_id}/payment", get(payment::show))
        .route("/shop/orders/{order_id}/payment/cancel", post(payment::give_up))
        .merge(work::routes())
        .layer(middleware::from_fn(security::same_origin_forms))
}
