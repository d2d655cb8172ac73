//! Stores and tickets over HTTP: the routes and their OpenAPI document.

mod hours;
mod menus;
mod minutes;
mod problems;
mod store_id;
mod stores;
mod ticket_history;
mod ticket_stream;
mod tickets;
mod won;

use crate::application::ports::TicketRepository;
use crate::application::stores::Stores;
use crate::application::tickets::Tickets;
use crate::application::watch::TicketWatch;
use axum::extract::FromRef;
use axum::{Router, middleware};
use fdp_http::{caller, openapi};
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The use cases that the routes call.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Commands of one ticket.
    pub tickets: Tickets,
    /// All tickets, for lists.
    pub all: Arc<dyn TicketRepository>,
    /// Stores and menus.
    pub stores: Stores,
    /// Streams of tickets.
    pub watch: TicketWatch,
}

/// The service's routes.
pub fn routes(state: AppState) -> Router {
    let own: Router = own_routes().with_state(state).into();
    openapi::serve(
        &openapi(),
        own.route_layer(middleware::from_fn(caller::require_store_access)),
    )
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    openapi::document("store", "Stores, their menus and their tickets.", own_routes())
}

fn own_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(stores::list, stores::register))
        .routes(routes!(stores::find, stores::put))
        .routes(routes!(menus::menu, menus::put_menu))
        .routes(routes!(tickets::list))
        .routes(routes!(ticket_stream::events))
        .routes(routes!(tickets::find))
        .routes(routes!(ticket_history::history))
        .routes(routes!(tickets::accept))
        .routes(routes!(tickets::reject))
        .routes(routes!(tickets::start_cooking))
        .routes(routes!(tickets::finish_cooking))
        .routes(routes!(tickets::hand_over))
}
