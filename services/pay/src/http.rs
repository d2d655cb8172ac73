//! Payments over HTTP.

use crate::app::{PayError, Payments};
use crate::domain::{Charge, Payment, Refusal};
use ::http::StatusCode;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use fdp_contracts::{OrderId, PaymentId, PaymentSnapshot, number_or_string, optional_text};
use fdp_kit::http::{Path, Query};
use fdp_kit::{Json, Problem};
use serde::{Deserialize, Serialize};

const MOST: u32 = 200;

/// The service's routes.
pub fn routes(payments: Payments) -> Router {
    Router::new()
        .route("/payments", post(approve).get(list))
        .route("/payments/{payment_id}", get(show))
        .route("/payments/{payment_id}/void", post(void))
        .with_state(payments)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChargeBody {
    order_id: OrderId,
    #[serde(default, deserialize_with = "optional_text")]
    customer_id: Option<String>,
    #[serde(deserialize_with = "number_or_string")]
    amount: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    order_id: Option<OrderId>,
    limit: Option<u32>,
}

/// A payment as clients see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentBody {
    #[serde(flatten)]
    payment: PaymentSnapshot,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<String>,
}

impl From<Payment> for PaymentBody {
    fn from(payment: Payment) -> Self {
        Self {
            payment: payment.snapshot(),
            customer_id: payment.customer_id,
        }
    }
}

async fn approve(
    State(payments): State<Payments>,
    Json(body): Json<ChargeBody>,
) -> Result<(StatusCode, Json<PaymentBody>), Problem> {
    let charge = Charge {
        order_id: body.order_id,
        customer_id: body.customer_id,
        amount: body.amount,
    };
    let taken = payments.approve(&charge).await?;
    let status = if taken.new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(taken.payment.into())))
}

async fn void(
    State(payments): State<Payments>,
    Path(order_id): Path<OrderId>,
) -> Result<Json<PaymentBody>, Problem> {
    Ok(Json(payments.void(order_id).await?.into()))
}

async fn show(
    State(payments): State<Payments>,
    Path(payment_id): Path<PaymentId>,
) -> Result<Json<PaymentBody>, Problem> {
    let payment = payments.find(payment_id).await?;
    let payment = payment.ok_or_else(|| Problem::not_found(format!("there is no payment {payment_id}")))?;
    Ok(Json(payment.into()))
}

async fn list(
    State(payments): State<Payments>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<PaymentBody>>, Problem> {
    let limit = filter.limit.unwrap_or(MOST).min(MOST);
    let found = payments.newest(filter.order_id, limit).await?;
    Ok(Json(found.into_iter().map(PaymentBody::from).collect()))
}

impl From<PayError> for Problem {
    fn from(error: PayError) -> Self {
        let refusal = match error {
            PayError::Database(error) => return error.into(),
            PayError::Refused(refusal) => refusal,
        };
        let words = refusal.to_string();
        match refusal {
            Refusal::Amount { .. } => Self::new(StatusCode::PAYMENT_REQUIRED, "payment-refused", words),
            Refusal::OtherAmount { .. } => Self::conflict("payment-amount-differs", words),
            Refusal::Voided { .. } => Self::conflict("payment-voided", words),
            Refusal::Refunded { .. } => Self::conflict("payment-refunded", words),
        }
    }
}
