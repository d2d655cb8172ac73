//! Orders over HTTP.

mod body;

use crate::app::ports::StoreError;
use crate::app::{CancelError, Orders, PlaceError};
use crate::domain::Order;
use ::http::{HeaderMap, StatusCode, header};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use body::OrderBody;
use fdp_contracts::{OrderId, OrderSnapshot};
use fdp_kit::http::{Path, Query};
use fdp_kit::{Json, Problem};
use serde::Deserialize;

const SOME: u32 = 50;
const MOST: u32 = 200;
/// In characters.
const LONGEST_KEY: usize = 200;
/// When a customer should try to pay again, in seconds.
const PAY_AGAIN: u32 = 2;

/// The service's routes.
pub fn routes(orders: Orders) -> Router {
    Router::new()
        .route("/orders", post(place).get(list))
        .route("/orders/{order_id}", get(show).delete(cancel))
        .with_state(orders)
}

async fn place(
    State(orders): State<Orders>,
    headers: HeaderMap,
    Json(body): Json<OrderBody>,
) -> Result<Response, Problem> {
    let placed = orders
        .place(body.into_wish()?, idempotency_key(&headers)?)
        .await?;
    let order = placed.order.snapshot();
    let status = if placed.new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let location = format!("/orders/{}", order.order_id);
    Ok((status, [(header::LOCATION, location)], axum::Json(order)).into_response())
}

async fn show(
    State(orders): State<Orders>,
    Path(order_id): Path<OrderId>,
) -> Result<Json<OrderSnapshot>, Problem> {
    let found = orders.find(order_id).await?;
    let order = found.ok_or_else(|| Problem::from(CancelError::NotFound(order_id)))?;
    Ok(snapshot(&order))
}

async fn cancel(
    State(orders): State<Orders>,
    Path(order_id): Path<OrderId>,
) -> Result<Json<OrderSnapshot>, Problem> {
    Ok(snapshot(&orders.cancel(order_id).await?))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    customer_id: Option<String>,
    limit: Option<u32>,
}

async fn list(
    State(orders): State<Orders>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<OrderSnapshot>>, Problem> {
    let limit = filter.limit.unwrap_or(SOME).min(MOST);
    let found = orders.newest(filter.customer_id.as_deref(), limit).await?;
    Ok(Json(found.iter().map(|order| order.snapshot().clone()).collect()))
}

fn snapshot(order: &Order) -> Json<OrderSnapshot> {
    Json(order.snapshot().clone())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().map(str::trim).unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(Problem::bad_request(format!(
            "the Idempotency-Key has to be 1 to {LONGEST_KEY} visible ASCII characters"
        )));
    }
    Ok(Some(key.to_owned()))
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreachable(reason) => {
                tracing::warn!(%reason, "the database does not answer");
                Self::unavailable(
                    "not-ready",
                    "the database does not answer; try again in a moment",
                    1,
                )
            }
            StoreError::Failed(_) => Self::internal("keeping orders", &error),
        }
    }
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        let words = error.to_string();
        match error {
            PlaceError::Invalid(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-order", words),
            PlaceError::OtherWish => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", words)
            }
            PlaceError::UnderWay => Self {
                retry_after: Some(1),
                ..Self::conflict("order-under-way", words)
            },
            PlaceError::Refused(_) => Self::new(StatusCode::PAYMENT_REQUIRED, "payment-refused", words),
            PlaceError::PaymentUnavailable => Self::unavailable("payment-unavailable", words, PAY_AGAIN),
            PlaceError::Store(error) => error.into(),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NotFound(_) => Self::not_found(error.to_string()),
            CancelError::TooLate(reason) => Self::conflict("order-too-late", reason.to_string()),
            CancelError::Store(error) => error.into(),
        }
    }
}
