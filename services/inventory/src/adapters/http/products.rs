//! The routes of products. Comments on handlers and bodies are published in the OpenAPI document.

use super::product_id::ProductId;
use crate::application::products::{Products, RestockError};
use crate::domain::product::NewProduct;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fdp_contracts::{
    ProductSnapshot, number_or_string, number_schema, optional_number_or_string, optional_number_schema,
    optional_text,
};
use fdp_http::idempotency::idempotency_key;
use fdp_http::{Json, Path, Problem, Query, text};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// A product to be, or its new name, stock and price.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisterProduct {
    /// Its id; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema, required = true)]
    product_id: Option<String>,
    /// What the customer reads; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema, required = true)]
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
pub(super) async fn register(
    State(products): State<Products>,
    Json(body): Json<RegisterProduct>,
) -> Result<Response, Problem> {
    let product = NewProduct {
        product_id: text::required("productId", body.product_id)?,
        product_name: text::required("productName", body.product_name)?,
        stock: body.stock,
        unit_price: body.unit_price,
    };
    if product
        .unit_price
        .is_some_and(|price| i64::try_from(price).is_err())
    {
        return Err(Problem::bad_request("unitPrice is more won than there are"));
    }
    let (product, new) = products.register(product).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(product)).into_response())
}

/// What has come in.
#[derive(Deserialize, ToSchema)]
pub(super) struct Restock {
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
pub(super) async fn restock(
    State(products): State<Products>,
    Path(ProductId(product_id)): Path<ProductId>,
    headers: HeaderMap,
    Json(body): Json<Restock>,
) -> Result<Json<ProductSnapshot>, Problem> {
    if body.qty == 0 {
        return Err(Problem::bad_request("qty has to be 1 or more"));
    }
    let key = idempotency_key(&headers)?;
    Ok(Json(products.restock(&product_id, body.qty, key).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
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
pub(super) async fn list(
    State(products): State<Products>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<ProductSnapshot>>, Problem> {
    let limit = text::page_size(page.limit);
    Ok(Json(products.products(&page.after, limit).await?))
}

/// Shows a product.
#[utoipa::path(get, path = "/inventories/{productId}", params(("productId" = String, Path, max_length = 200)), responses(
    (status = 200, description = "The product.", body = ProductSnapshot),
    (status = 404, description = "There is no such product."),
))]
pub(super) async fn product(
    State(products): State<Products>,
    Path(ProductId(product_id)): Path<ProductId>,
) -> Result<Json<ProductSnapshot>, Problem> {
    let product = products.product(&product_id).await?;
    product
        .map(Json)
        .ok_or_else(|| RestockError::NotFound(product_id).into())
}
