//! The routes of orders, and their OpenAPI document.

use crate::adapters::http::handlers;
use crate::application::Orders;
use axum::Router;
use fdp_kit::openapi;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The HTTP routes of the service.
pub fn routes(orders: Orders) -> Router {
    openapi::serve(&openapi(), order_routes().with_state(orders).into())
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    openapi::document(
        "order",
        "Orders: placed, paid, followed to the door or taken back.",
        order_routes(),
    )
}

fn order_routes() -> OpenApiRouter<Orders> {
    OpenApiRouter::default()
        .routes(routes!(handlers::place, handlers::list))
        .routes(routes!(handlers::show, handlers::cancel))
}
