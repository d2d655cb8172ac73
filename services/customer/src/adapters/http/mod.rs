//! The HTTP API: messages as JSON and as a page, and where customers are reached.

mod contacts;
mod language;
mod notifications;
mod outbox_page;

use crate::application::ports::{ContactRepository, NotificationRepository};
use axum::Router;
use axum::extract::FromRef;
use fdp_http::openapi;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the routes need.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Messages about orders.
    pub messages: Arc<dyn NotificationRepository>,
    /// Where customers are reached.
    pub contacts: Arc<dyn ContactRepository>,
}

/// The service's routes.
pub fn routes(state: AppState) -> Router {
    openapi::serve(&openapi(), own_routes().with_state(state).into())
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    openapi::document(
        "customer",
        "Notifications: one for each change of an order, and where customers are reached.",
        own_routes(),
    )
}

fn own_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(notifications::list))
        .routes(routes!(contacts::read, contacts::write, contacts::remove))
}
