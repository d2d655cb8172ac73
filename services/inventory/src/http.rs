//! Products over HTTP.

use crate::app::Inventory;
use crate::domain::stock::NewProduct;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fdp_contracts::{
    ProductSnapshot, number_or_string, number_schema, optional_number_or_string, optional_number_schema,
    optional_text, optional_text_schema,
};
use fdp_kit::http::{Path, Query};
use fdp_kit::{Json, Problem, openapi};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;
const LONGEST_KEY: usize = 200;

/// The service's routes.
pub fn routes(inventory: Inventory) -> Router {
    openapi::serve(&openapi(), own_routes().with_state(inventory).into())
}

/// What the routes say of themselves.
pub fn openapi() -> OpenApi {
    openapi::document("inventory", "Products and their stock.", own_routes())
}

fn own_routes() -> OpenApiRouter<Inventory> {
    OpenApiRouter::default()
        .routes(routes!(list, register))
        .routes(routes!(product))
        .routes(routes!(restock))
}

/// A product to be, or its new name, stock and price.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegisterProduct {
    /// Its id; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema, required = true)]
    product_id: Option<String>,
    /// What the customer reads; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema, required = true)]
    product_name: Option<String>,
    /// How many there are.
    #[serde(deserialize_with = "number_or_string")]
    #[schema(schema_with = number_schema)]
    stock: u32,
    /// Price of one in won; left out: as before.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    unit_price: Option<u64>,
}

/// Registers a product, or changes its name, stock and price.
#[utoipa::path(post, path = "/inventories", request_body = RegisterProduct, responses(
    (status = 201, description = "A new product.", body = ProductSnapshot),
    (status = 200, description = "A product that was there before.", body = ProductSnapshot),
))]
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
        unit_price: body.unit_price,
    };
    if product
        .unit_price
        .is_some_and(|price| i64::try_from(price).is_err())
    {
        return Err(Problem::bad_request("unitPrice is more won than there are"));
    }
    let (product, new) = inventory.register(product).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(product)).into_response())
}

/// What has come in.
#[derive(Deserialize, ToSchema)]
struct Restock {
    /// How many, at least 1.
    #[serde(deserialize_with = "number_or_string")]
    #[schema(schema_with = number_schema)]
    qty: u32,
}

/// Adds to the stock. With an `Idempotency-Key` a request may be repeated: it adds once.
#[utoipa::path(post, path = "/inventories/{productId}/restock", params(("productId" = String, Path),
    ("idempotency-key" = Option<String>, Header, description = "The client's own name for this delivery.",
        min_length = 1, max_length = 200, pattern = "^[!-~]+$")),
    request_body = Restock, responses(
    (status = 200, description = "The product as it is now.", body = ProductSnapshot),
    (status = 404, description = "There is no such product."),
))]
async fn restock(
    State(inventory): State<Inventory>,
    Path(product_id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Restock>,
) -> Result<Json<ProductSnapshot>, Problem> {
    if body.qty == 0 {
        return Err(Problem::bad_request("qty has to be 1 or more"));
    }
    let key = idempotency_key(&headers)?;
    let product = inventory.restock(&product_id, body.qty, key).await?;
    product.map(Json).ok_or_else(|| unknown(&product_id))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    key.map(Some).ok_or_else(|| {
        Problem::bad_request(format!(
            "the Idempotency-Key has to be 1 to {LONGEST_KEY} visible ASCII characters"
        ))
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    /// Only those whose id comes after this one.
    #[serde(default)]
    after: String,
    /// At most so many; 100 if left out, never more than 500.
    limit: Option<u32>,
}

/// Lists products by id; the id of the last one is the next page's `after`.
#[utoipa::path(get, path = "/inventories", params(Page), responses(
    (status = 200, description = "By id.", body = Vec<ProductSnapshot>),
))]
async fn list(
    State(inventory): State<Inventory>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<ProductSnapshot>>, Problem> {
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    Ok(Json(inventory.products(&page.after, limit).await?))
}

/// Shows a product.
#[utoipa::path(get, path = "/inventories/{productId}", params(("productId" = String, Path)), responses(
    (status = 200, description = "The product.", body = ProductSnapshot),
    (status = 404, description = "There is no such product."),
))]
async fn product(
    State(inventory): State<Inventory>,
    Path(product_id): Path<String>,
) -> Result<Json<ProductSnapshot>, Problem> {
    let product = inventory.product(&product_id).await?;
    product.map(Json).ok_or_else(|| unknown(&product_id))
}

fn unknown(product_id: &str) -> Problem {
    Problem::not_found(format!("there is no product {product_id}"))
}
