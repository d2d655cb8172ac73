//! The HTTP API: messages as JSON and as a page, and where customers are reached.

mod contacts;
mod content_negotiation;
mod customer_id;
mod language;
mod notifications;
mod outbox_page;
mod problem;

use crate::application::Notifications;
use axum::Router;
use fdp_kit::openapi;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The service's routes.
pub fn routes(notifications: Notifications) -> Router {
    openapi::serve(&openapi(), own_routes().with_state(notifications).into())
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    openapi::document(
        "customer",
        "Notifications: one for each change of an order, and where customers are reached.",
        own_routes(),
    )
}

fn own_routes() -> OpenApiRouter<Notifications> {
    OpenApiRouter::default()
        .routes(routes!(notifications::list))
        .routes(routes!(contacts::read, contacts::write, contacts::remove))
}
