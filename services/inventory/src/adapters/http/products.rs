//! The routes of products. Comments on handlers and bodies are published in the OpenAPI document.

use super::product_id::ProductId;
use crate::application::products::{Products, Registration, RestockError};
use crate::domain::product::{NewProduct, tag};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fdp_contracts::{
    ProductSnapshot, check_text, integer_or_string, integer_schema, optional_number_or_string,
    optional_number_schema, optional_text, optional_text_schema,
};
use fdp_http::idempotency::idempotency_key;
use fdp_http::{Caller, Json, JsonObject, Path, Problem, Query, caller, text};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::IgnoredAny;
use utoipa::{IntoParams, ToSchema};

/// The store of a product of which nobody says whose it is, and whom there is nobody to ask.
const FIRST_STORE: &str = "1";

/// A product to be, or its new name and price.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegisterProduct {
    /// Its id; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema, required = true)]
    product_id: Option<String>,
    /// The store that sells it; left out: the caller's only one, and the first one for those who may act for every store.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    store_id: Option<String>,
    /// What the customer reads; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema, required = true)]
    product_name: Option<String>,
    /// How many there are at first; none if left out. A change may repeat the current one, and no other: stock moves by
    /// restocking.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    stock: Option<u32>,
    /// Price of one in won; left out: as before, and the shop's usual price for a new product.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    unit_price: Option<u64>,
    /// Not to be set; it may be there, so that what was read can be changed and sent back.
    #[serde(default, rename = "changedAt")]
    #[schema(value_type = Option<String>)]
    _changed_at: IgnoredAny,
}

/// Registers a product, or changes the name and the price of one that was read.
#[utoipa::path(post, path = "/inventories", params(
    ("if-match" = Option<String>, Header, description = "The ETag of the product that is changed; a new one has none."),
), request_body = RegisterProduct, responses(
    (status = 201, description = "A new product.", body = ProductSnapshot,
        headers(("etag" = String, description = "Names this version of the product."))),
    (status = 200, description = "The product as it is now.", body = ProductSnapshot,
        headers(("etag" = String, description = "Names this version of the product."))),
    (status = 403, description = "The caller does not run the product's store."),
    (status = 409, description = "There is such a product already, or another stock of it than the body says."),
    (status = 412, description = "The product has changed since, or there is none."),
))]
pub(super) async fn register(
    State(products): State<Products>,
    caller: Caller,
    headers: HeaderMap,
    JsonObject(body): JsonObject<RegisterProduct>,
) -> Result<Response, Problem> {
    let store_id = store_of(&caller, body.store_id)?;
    let product = NewProduct {
        product_id: text::required("productId", body.product_id)?,
        store_id,
        product_name: text::required("productName", body.product_name)?,
        stock: body.stock.unwrap_or(0),
        unit_price: body.unit_price,
    };
    if product
        .unit_price
        .is_some_and(|price| i64::try_from(price).is_err())
    {
        return Err(Problem::bad_request("unitPrice is more won than there are"));
    }
    let if_match = headers
        .get(header::IF_MATCH)
        .map(|tag| tag.to_str().unwrap_or_default());
    let registration = Registration {
        product,
        told_stock: body.stock,
        replaces: if_match.map(str::to_owned),
    };
    let may_run = |store_id: &str| caller.may_run(store_id);
    let (product, new) = products.register(registration, &may_run).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [(header::ETAG, tag(&product))], Json(product)).into_response())
}

/// The store whose product it is to be.
fn store_of(caller: &Caller, named: Option<String>) -> Result<String, Problem> {
    let store_id = match (named, caller.only_store()) {
        (Some(named), _) => {
            check_text("storeId", &named)?;
            named
        }
        (None, Some(only)) => only.to_owned(),
        (None, None) if caller.may_run(FIRST_STORE) => FIRST_STORE.to_owned(),
        (None, None) => {
            return Err(Problem::bad_request(
                "storeId is missing: you run several stores, or none; say whose product it is",
            ));
        }
    };
    if caller.may_run(&store_id) {
        Ok(store_id)
    } else {
        Err(caller::not_your_store(&store_id))
    }
}

/// What has come in, or gone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Restock {
    /// How many have come in; negative: how many are gone. Not 0.
    #[serde(deserialize_with = "integer_or_string")]
    #[schema(schema_with = integer_schema)]
    qty: i64,
}

/// Moves the stock. With an `Idempotency-Key` a request may be repeated: it counts once.
#[utoipa::path(post, path = "/inventories/{productId}/restock", params(("productId" = String, Path, max_length = 200),
    ("idempotency-key" = Option<String>, Header, description = "The client's own name for this delivery.",
        min_length = 1, max_length = 200, pattern = "^[!-~]+$")),
    request_body = Restock, responses(
    (status = 200, description = "The product as it is now.", body = ProductSnapshot),
    (status = 403, description = "The caller does not run the product's store."),
    (status = 404, description = "There is no such product."),
    (status = 409, description = "There are fewer than are to be taken away."),
    (status = 422, description = "The body is not what is asked for, or the `Idempotency-Key` came before with \
        another `qty`."),
))]
pub(super) async fn restock(
    State(products): State<Products>,
    Path(ProductId(product_id)): Path<ProductId>,
    caller: Caller,
    headers: HeaderMap,
    JsonObject(body): JsonObject<Restock>,
) -> Result<Json<ProductSnapshot>, Problem> {
    if body.qty == 0 || body.qty.unsigned_abs() > u64::from(u32::MAX) {
        return Err(Problem::bad_request(
            "qty has to be 1 or more, or -1 or less, and a number of things",
        ));
    }
    let key = idempotency_key(&headers)?;
    let may_run = |store_id: &str| caller.may_run(store_id);
    Ok(Json(
        products.restock(&product_id, body.qty, key, &may_run).await?,
    ))
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Only those of this store.
    store_id: Option<String>,
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
    let store_id = page.store_id.as_deref();
    Ok(Json(products.products(store_id, &page.after, limit).await?))
}

/// Shows a product.
#[utoipa::path(get, path = "/inventories/{productId}", params(("productId" = String, Path, max_length = 200)), responses(
    (status = 200, description = "The product.", body = ProductSnapshot,
        headers(("etag" = String, description = "Names this version of the product."))),
    (status = 404, description = "There is no such product."),
))]
pub(super) async fn product(
    State(products): State<Products>,
    Path(ProductId(product_id)): Path<ProductId>,
) -> Result<Response, Problem> {
    let product = products.product(&product_id).await?;
    let product = product.ok_or_else(|| RestockError::NotFound(product_id))?;
    Ok(([(header::ETAG, tag(&product))], Json(product)).into_response())
}
