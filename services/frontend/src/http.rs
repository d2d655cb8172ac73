//! HTTP in: the view's API, the shop's pages, and what protects both.

mod assets;
mod guard;
mod pages;
mod views;
mod visitor;

use crate::app::App;
use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

/// All routes of the front end.
pub fn routes(app: App) -> Router {
    let pages = Router::new()
        .route("/", get(pages::shop))
        .route("/shop/orders", get(pages::my_orders).post(pages::place))
        .route("/shop/orders/{order_id}", get(pages::track))
        .route("/shop/orders/{order_id}/cancel", post(pages::cancel))
        .layer(middleware::from_fn(guard::same_origin_forms));
    Router::new()
        .route("/views/orders", get(views::orders))
        .route("/views/orders/{order_id}", get(views::order))
        .route("/views/orders/{order_id}/events", get(views::events))
        .merge(pages)
        .with_state(app)
        .route("/assets/{hash}/{name}", get(assets::asset))
        .layer(middleware::map_response(guard::security_headers))
}
