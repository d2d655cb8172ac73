//! Products over HTTP.

use crate::app::{Inventory, NewProduct};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fdp_contracts::{ProductSnapshot, number_or_string, optional_text};
use fdp_kit::http::Path;
use fdp_kit::{Json, Problem};
use http::StatusCode;
use serde::Deserialize;

/// The service's routes.
pub fn routes(inventory: Inventory) -> Router {
    Router::new()
        .route("/inventories", get(list).post(register))
        .route("/inventories/{productId}", get(product))
        .with_state(inventory)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegisterProduct {
    #[serde(default, deserialize_with = "optional_text")]
    product_id: Option<String>,
    #[serde(default, deserialize_with = "optional_text")]
    product_name: Option<String>,
    #[serde(deserialize_with = "number_or_string")]
    stock: u32,
}

async fn register(
    State(inventory): State<Inventory>,
    Json(body): Json<RegisterProduct>,
) -> Result<Response, Problem> {
    let missing =
        |field| Problem::bad_request(format!("{field} is missing; give it as a string or a number"));
    let product = NewProduct {
        product_id: body.product_id.ok_or_else(|| missing("productId"))?,
        product_name: body.product_name.ok_or_else(|| missing("productName"))?,
        stock: body.stock,
    };
    let (product, new) = inventory.register(product).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(product)).into_response())
}

async fn list(State(inventory): State<Inventory>) -> Result<Json<Vec<ProductSnapshot>>, Problem> {
    Ok(Json(inventory.products().await?))
}

async fn product(
    State(inventory): State<Inventory>,
    Path(product_id): Path<String>,
) -> Result<Json<ProductSnapshot>, Problem> {
    let product = inventory.product(&product_id).await?;
    product
        .map(Json)
        .ok_or_else(|| Problem::not_found(format!("there is no product {product_id}")))
}
