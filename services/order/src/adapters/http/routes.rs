//! The routes of orders, and their OpenAPI document.

use crate::adapters::http::{handlers, recipient};
use crate::application::{Orders, Recipients};
use axum::Router;
use axum::extract::FromRef;
use fdp_http::openapi;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the routes need.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Orders.
    pub orders: Orders,
    /// Where they go.
    pub recipients: Recipients,
}

/// The HTTP routes of the service.
pub fn routes(state: AppState) -> Router {
    openapi::serve(&openapi(), order_routes().with_state(state).into())
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    openapi::document(
        "order",
        "Orders: placed, paid, followed to the door or taken back.",
        order_routes(),
    )
}

fn order_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(handlers::place, handlers::list))
        .routes(routes!(handlers::show, handlers::cancel))
        .routes(routes!(recipient::show_recipient))
}
