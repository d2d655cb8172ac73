//! Stores and tickets over HTTP.

mod stores;
mod text;
mod tickets;
mod watching;

use crate::app::{Kitchen, Stores, Tickets, Watch};
use axum::extract::FromRef;
use axum::{Router, middleware};
use fdp_kit::{caller, openapi};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

/// What the routes are about.
#[derive(Clone, FromRef)]
pub struct Parts {
    /// What owners do with tickets.
    pub tickets: Tickets,
    /// All tickets of a store.
    pub kitchen: Kitchen,
    /// Stores and menus.
    pub stores: Stores,
    /// Where owners watch their tickets.
    pub watch: Watch,
}

/// The service's routes.
pub fn routes(parts: Parts) -> Router {
    let own: Router = own_routes().with_state(parts).into();
    openapi::serve(
        &openapi(),
        own.route_layer(middleware::from_fn(caller::own_store)),
    )
}

/// What the routes say of themselves.
pub fn openapi() -> OpenApi {
    openapi::document("store", "Stores, their menus and their tickets.", own_routes())
}

fn own_routes() -> OpenApiRouter<Parts> {
    OpenApiRouter::default()
        .routes(routes!(stores::list, stores::register))
        .routes(routes!(stores::find, stores::put))
        .routes(routes!(stores::menu, stores::put_menu))
        .routes(routes!(tickets::list))
        .routes(routes!(watching::events))
        .routes(routes!(tickets::find))
        .routes(routes!(tickets::accept))
        .routes(routes!(tickets::reject))
        .routes(routes!(tickets::start_cooking))
        .routes(routes!(tickets::finish_cooking))
        .routes(routes!(tickets::hand_over))
}
