//! Deliveries over HTTP: the routes and their OpenAPI document.

mod access;
mod bodies;
mod delivery;
mod history;
mod list;
mod problems;

use crate::application::deliveries::Deliveries;
use crate::application::ports::DeliveryRepository;
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
    /// Commands of one delivery.
    pub deliveries: Deliveries,
    /// All deliveries, for lists.
    pub all: Arc<dyn DeliveryRepository>,
}

/// The service's routes.
pub fn routes(state: AppState) -> Router {
    openapi::serve(&openapi(), own_routes().with_state(state).into())
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    openapi::document(
        "delivery",
        "Deliveries: from the store to the door.",
        own_routes(),
    )
}

fn own_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list::list))
        .routes(routes!(delivery::find))
        .routes(routes!(history::history))
        .routes(routes!(delivery::assign))
        .routes(routes!(delivery::give_back))
        .routes(routes!(delivery::locate))
        .routes(routes!(delivery::start))
        .routes(routes!(delivery::deliver))
}
