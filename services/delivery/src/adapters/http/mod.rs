//! Deliveries over HTTP: the routes and their OpenAPI document.

mod access;
mod bodies;
mod delivery;
mod list;
mod problems;

use crate::application::deliveries::Deliveries;
use crate::application::list::DeliveryList;
use axum::Router;
use fdp_kit::openapi;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The service's routes.
pub fn routes(deliveries: Deliveries, list: DeliveryList) -> Router {
    let all: Router = list_routes().with_state(list).into();
    let one: Router = delivery_routes().with_state(deliveries).into();
    openapi::serve(&openapi(), one.merge(all))
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    let list = OpenApiRouter::<Deliveries>::with_openapi(list_routes().into_openapi());
    openapi::document(
        "delivery",
        "Deliveries: from the store to the door.",
        delivery_routes().merge(list),
    )
}

fn delivery_routes() -> OpenApiRouter<Deliveries> {
    OpenApiRouter::default()
        .routes(routes!(delivery::find))
        .routes(routes!(delivery::assign))
        .routes(routes!(delivery::locate))
        .routes(routes!(delivery::start))
        .routes(routes!(delivery::deliver))
}

fn list_routes() -> OpenApiRouter<DeliveryList> {
    OpenApiRouter::default().routes(routes!(list::list))
}
