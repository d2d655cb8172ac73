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
use fdp_kit::openapi;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes of the front end.
pub fn routes(app: App) -> Router {
    let pages = Router::new()
        .route("/", get(pages::shop))
        .route("/shop/orders", get(pages::my_orders).post(pages::place))
        .route("/shop/notifications", get(pages::messages))
        .route("/shop/orders/{order_id}", get(pages::track))
        .route("/shop/orders/{order_id}/cancel", post(pages::cancel))
        .layer(middleware::from_fn(guard::same_origin_forms));
    let routes = Router::new()
        .merge(Router::from(own_routes()))
        .merge(pages)
        .with_state(app)
        .route("/assets/{hash}/{name}", get(assets::asset))
        .layer(middleware::map_response(guard::security_headers));
    openapi::serve(&openapi(), routes)
}

/// What the view's API says of itself; pages are for people.
pub fn openapi() -> OpenApi {
    openapi::document(
        "frontend",
        "The view of every order, made of events alone.",
        own_routes(),
    )
}

fn own_routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(views::orders))
        .routes(routes!(views::order))
        .routes(routes!(views::events))
}
