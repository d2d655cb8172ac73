//! The HTTP API of the view, the shop's pages, and what protects both.

mod assets;
mod pages;
mod security;
mod views;

use crate::application::Storefront;
use crate::application::work::Workplace;
use axum::Router;
use axum::extract::FromRef;
use axum::middleware;
use axum::routing::{any, get};
use fdp_http::openapi;
use pages::problem_pages;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the routes need.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// What customers do.
    pub storefront: Storefront,
    /// What owners and riders do.
    pub workplace: Workplace,
}

/// All routes of the front end.
pub fn routes(state: AppState) -> Router {
    let routes = Router::new()
        .merge(Router::from(own_routes()))
        .merge(pages::routes())
        .with_state(state)
        .route("/assets/{hash}/{name}", get(assets::serve))
        .route("/{*rest}", any(problem_pages::no_such_page))
        .method_not_allowed_fallback(problem_pages::no_such_method)
        .layer(middleware::from_fn(problem_pages::problem_pages))
        .layer(middleware::map_response(security::security_headers));
    openapi::serve(&openapi(), routes)
}

/// The OpenAPI document of the view's API; the pages are not part of it.
pub fn openapi() -> OpenApi {
    openapi::document(
        "frontend",
        "The view of every order, made of events alone.",
        own_routes(),
    )
}

fn own_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(views::orders))
        .routes(routes!(views::order))
        .routes(routes!(views::events))
}
