//! Payments over HTTP.

mod drills;

use crate::app::{PayError, Payments};
use crate::domain::{Charge, Payment, Refusal};
use crate::drill::{DrilledError, Drills};
use crate::store::PgPayments;
use ::http::StatusCode;
use axum::Router;
use axum::extract::State;
use fdp_contracts::{
    OrderId, PaymentId, PaymentSnapshot, number_or_string, number_schema, optional_text, optional_text_schema,
};
use fdp_kit::http::{Path, Query};
use fdp_kit::{Caller, Json, Problem, openapi, trace};
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const MOST: u32 = 200;

/// What requests need.
#[derive(Clone)]
struct Desk {
    payments: Payments,
    book: PgPayments,
    drills: Drills,
}

/// The service's routes: `payments` takes and gives back, `book` is looked up, `drills` make it hard.
pub fn routes(payments: Payments, book: PgPayments, drills: Drills) -> Router {
    let practice: Router = practice().with_state(drills.clone()).into();
    let desk: Router = own_routes()
        .with_state(Desk {
            payments,
            book,
            drills,
        })
        .into();
    openapi::serve(&openapi(), desk.merge(practice))
}

/// What the routes say of themselves.
pub fn openapi() -> OpenApi {
    let words = "Payments: one for each order, taken, refunded or made impossible.";
    let practice = OpenApiRouter::<Desk>::with_openapi(practice().into_openapi());
    openapi::document("pay", words, own_routes().merge(practice))
}

fn own_routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::default()
        .routes(routes!(approve, list))
        .routes(routes!(show))
        .routes(routes!(void))
}

fn practice() -> OpenApiRouter<Drills> {
    OpenApiRouter::default().routes(routes!(drills::show, drills::set, drills::end))
}

/// A wish to pay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChargeBody {
    /// What is paid.
    order_id: OrderId,
    /// Who pays, if told.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    customer_id: Option<String>,
    /// In won.
    #[serde(deserialize_with = "number_or_string")]
    #[schema(schema_with = number_schema)]
    amount: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only the payment of this order; must be there unless the caller may see everything.
    order_id: Option<OrderId>,
    /// At most so many; never more than 200.
    limit: Option<u32>,
}

/// A payment as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PaymentBody {
    #[serde(flatten)]
    payment: PaymentSnapshot,
    /// Who paid, if told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
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

/// Takes the payment of an order, once: asked again, it gives the same payment.
#[utoipa::path(post, path = "/payments", request_body = ChargeBody, responses(
    (status = 201, description = "Paid.", body = PaymentBody),
    (status = 200, description = "It was paid before.", body = PaymentBody),
    (status = 402, description = "Refused: nothing, or more than anybody may pay at once."),
    (status = 409, description = "The order is paid with another amount, was given up, or was refunded."),
))]
async fn approve(
    State(desk): State<Desk>,
    Json(body): Json<ChargeBody>,
) -> Result<(StatusCode, Json<PaymentBody>), Problem> {
    trace::about(body.order_id);
    let charge = Charge {
        order_id: body.order_id,
        customer_id: body.customer_id,
        amount: body.amount,
    };
    let taken = desk.drills.approve(&desk.payments, charge).await?;
    let status = if taken.new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(taken.payment.into())))
}

/// Makes sure that an order is not paid and never will be. A void that comes first makes its payment impossible.
#[utoipa::path(post, path = "/payments/{id}/void", params(("id" = OrderId, Path, description = "The order.")),
    responses((status = 200, description = "The payment, now voided or refunded.", body = PaymentBody)))]
async fn void(State(desk): State<Desk>, Path(order_id): Path<OrderId>) -> Result<Json<PaymentBody>, Problem> {
    Ok(Json(desk.payments.void(order_id).await?.into()))
}

/// Whether the payment is the caller's business.
fn is_visible(payment: &Payment, caller: &Caller) -> bool {
    match &payment.customer_id {
        Some(customer_id) => caller.may_see(customer_id),
        None => caller.may_all(),
    }
}

/// Shows a payment.
#[utoipa::path(get, path = "/payments/{id}", params(("id" = PaymentId, Path, description = "The payment.")), responses(
    (status = 200, description = "The payment.", body = PaymentBody),
    (status = 404, description = "There is no such payment."),
))]
async fn show(
    State(desk): State<Desk>,
    caller: Caller,
    Path(payment_id): Path<PaymentId>,
) -> Result<Json<PaymentBody>, Problem> {
    let payment = desk.book.of_id(payment_id).await?;
    let payment = payment.filter(|payment| is_visible(payment, &caller));
    let payment = payment.ok_or_else(|| Problem::not_found(format!("there is no payment {payment_id}")))?;
    Ok(Json(payment.into()))
}

/// Lists the newest payments.
#[utoipa::path(get, path = "/payments", params(Filter), responses(
    (status = 200, description = "Newest first.", body = Vec<PaymentBody>),
))]
async fn list(
    State(desk): State<Desk>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<PaymentBody>>, Problem> {
    if filter.order_id.is_none() && !caller.may_all() {
        return Err(Problem::bad_request("say of which order: ?orderId=…"));
    }
    let limit = filter.limit.unwrap_or(MOST).min(MOST);
    let found = desk.book.newest(filter.order_id, limit).await?;
    let visible = found.into_iter().filter(|payment| is_visible(payment, &caller));
    Ok(Json(visible.map(PaymentBody::from).collect()))
}

impl From<PayError> for Problem {
    fn from(error: PayError) -> Self {
        let refusal = match error {
            PayError::Ledger(error) => return error.into(),
            missing @ PayError::Missing(_) => return Self::internal("taking a payment", &missing),
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

impl From<DrilledError> for Problem {
    fn from(error: DrilledError) -> Self {
        match error {
            DrilledError::Pay(error) => error.into(),
            DrilledError::Drill => Self::unavailable("drill", error.to_string(), 1),
        }
    }
}
