//! Products over HTTP: the routes and their OpenAPI document.

mod problems;
mod product_id;
mod products;

use crate::application::products::Products;
use axum::Router;
use fdp_http::openapi;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The service's routes.
pub fn routes(products: Products) -> Router {
    openapi::serve(&openapi(), own_routes().with_state(products).into())
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    openapi::document("inventory", "Products and their stock.", own_routes())
}

fn own_routes() -> OpenApiRouter<Products> {
    OpenApiRouter::default()
        .routes(routes!(products::list, products::register))
        .routes(routes!(products::product))
        .routes(routes!(products::restock))
}
