//! Products over HTTP.

use crate::app::{Inventory, RestockError};
use crate::domain::stock::NewProduct;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fdp_contracts::{
    InvalidText, LONGEST_TEXT, ProductSnapshot, check_text, number_or_string, number_schema,
    optional_number_or_string, optional_number_schema, optional_text, optional_text_schema,
};
use fdp_kit::http::{Path, Query};
use fdp_kit::idempotency::idempotency_key;
use fdp_kit::{Json, Problem, openapi};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::openapi::OpenApi;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

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

/// The id of a product in a path.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct ProductId(String);

impl TryFrom<String> for ProductId {
    type Error = InvalidText;

    fn try_from(product_id: String) -> Result<Self, InvalidText> {
        check_text("productId", &product_id).map(|()| Self(product_id))
    }
}

/// The text of a field that must be there, if it can be kept and passed on.
fn text(field: &'static str, value: Option<String>) -> Result<String, Problem> {
    let value = value.ok_or_else(|| {
        Problem::bad_request(format!("{field} is missing; give it as a string or a number"))
    })?;
    check_text(field, &value).map_err(|error| Problem::bad_request(error.to_string()))?;
    Ok(value)
}

fn text_schema() -> Schema {
    match optional_text_schema() {
        Schema::Object(object) => ObjectBuilder::from(object).max_length(Some(LONGEST_TEXT)).into(),
        other => other,
    }
}

/// A product to be, or its new name, stock and price.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegisterProduct {
    /// Its id; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text_schema, required = true)]
    product_id: Option<String>,
    /// What the customer reads; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text_schema, required = true)]
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
    let product = NewProduct {
        product_id: text("productId", body.product_id)?,
        product_name: text("productName", body.product_name)?,
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
#[utoipa::path(post, path = "/inventories/{productId}/restock", params(("productId" = String, Path, max_length = 200),
    ("idempotency-key" = Option<String>, Header, description = "The client's own name for this delivery.",
        min_length = 1, max_length = 200, pattern = "^[!-~]+$")),
    request_body = Restock, responses(
    (status = 200, description = "The product as it is now.", body = ProductSnapshot),
    (status = 404, description = "There is no such product."),
    (status = 422, description = "The body is not what is asked for, or the `Idempotency-Key` came before with \
        another `qty`."),
))]
async fn restock(
    State(inventory): State<Inventory>,
    Path(ProductId(product_id)): Path<ProductId>,
    headers: HeaderMap,
    Json(body): Json<Restock>,
) -> Result<Json<ProductSnapshot>, Problem> {
    if body.qty == 0 {
        return Err(Problem::bad_request("qty has to be 1 or more"));
    }
    let key = idempotency_key(&headers)?;
    Ok(Json(inventory.restock(&product_id, body.qty, key).await?))
}

impl From<RestockError> for Problem {
    fn from(error: RestockError) -> Self {
        let words = error.to_string();
        match error {
            RestockError::NotFound(_) => Self::not_found(words),
            RestockError::OtherQty { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", words)
            }
            RestockError::Database(error) => error.into(),
        }
    }
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
#[utoipa::path(get, path = "/inventories/{productId}", params(("productId" = String, Path, max_length = 200)), responses(
    (status = 200, description = "The product.", body = ProductSnapshot),
    (status = 404, description = "There is no such product."),
))]
async fn product(
    State(inventory): State<Inventory>,
    Path(ProductId(product_id)): Path<ProductId>,
) -> Result<Json<ProductSnapshot>, Problem> {
    let product = inventory.product(&product_id).await?;
    product
        .map(Json)
        .ok_or_else(|| RestockError::NotFound(product_id).into())
}
