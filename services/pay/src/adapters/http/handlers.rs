//! The handlers of the routes.

use crate::adapters::http::bodies::{ChargeBody, PaymentBody};
use crate::adapters::http::provider_bodies::AwaitingCustomerBody;
use crate::adapters::http::state::AppState;
use crate::application::ports::ShownPayment;
use crate::application::provider_payments::PaymentAnswer;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use fdp_contracts::{OrderId, PaymentId};
use fdp_http::{Caller, Json, Path, Problem, Query};
use fdp_runtime::trace;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

/// The highest number of payments in one response.
const MAX_PAGE_SIZE: u32 = 200;

/// Takes the payment of an order, once: asked again, it gives the same payment. Where a provider takes the money, the customer
/// may have something to do first.
#[utoipa::path(post, path = "/payments", request_body = ChargeBody, responses(
    (status = 201, description = "Paid.", body = PaymentBody),
    (status = 200, description = "It was paid before.", body = PaymentBody),
    (status = 202, description = "The customer pays at `payUrl`, until `expiresAt`.", body = AwaitingCustomerBody),
    (status = 402, description = "Refused: nothing, more than anybody may pay at once, or by the provider."),
    (status = 409, description = "The order is paid with another amount, was given up, was refunded, or was not paid in time."),
    (status = 503, description = "The provider has not answered yet; ask again."),
))]
pub(super) async fn approve(
    State(state): State<AppState>,
    Json(body): Json<ChargeBody>,
) -> Result<Response, Problem> {
    trace::about(body.order_id);
    let return_path = body.return_path.clone();
    Ok(match state.approval.approve(body.into(), return_path).await? {
        PaymentAnswer::Paid(approval) => {
            let status = if approval.new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            (status, Json(PaymentBody::from(approval.payment))).into_response()
        }
        PaymentAnswer::AwaitingCustomer(waiting) => {
            (StatusCode::ACCEPTED, Json(AwaitingCustomerBody::from(waiting))).into_response()
        }
    })
}

/// Makes sure that an order is not paid and never will be. A void that comes first makes its payment impossible.
#[utoipa::path(post, path = "/payments/{id}/void", params(("id" = OrderId, Path, description = "The order.")),
    responses((status = 200, description = "The payment, now voided or refunded.", body = PaymentBody)))]
pub(super) async fn void(
    State(state): State<AppState>,
    Path(order_id): Path<OrderId>,
) -> Result<Json<PaymentBody>, Problem> {
    Ok(Json(state.payments.void(order_id).await?.into()))
}

/// Whether the caller may see the payment.
fn is_visible(shown: &ShownPayment, caller: &Caller) -> bool {
    match &shown.payment.customer_id {
        Some(customer_id) => caller.may_see(customer_id),
        None => caller.is_unrestricted(),
    }
}

/// Shows a payment.
#[utoipa::path(get, path = "/payments/{id}", params(("id" = PaymentId, Path, description = "The payment.")), responses(
    (status = 200, description = "The payment.", body = PaymentBody),
    (status = 404, description = "There is no such payment."),
))]
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(payment_id): Path<PaymentId>,
) -> Result<Json<PaymentBody>, Problem> {
    let found = state.queries.find_by_id(payment_id).await?;
    let shown = found.filter(|shown| is_visible(shown, &caller));
    let shown = shown.ok_or_else(|| Problem::not_found(format!("there is no payment {payment_id}")))?;
    Ok(Json(PaymentBody::shown(shown, &caller)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct PaymentFilter {
    /// Only the payment of this order; must be there unless the caller may see everything.
    order_id: Option<OrderId>,
    /// At most so many; never more than 200.
    limit: Option<u32>,
}

/// Lists the newest payments.
#[utoipa::path(get, path = "/payments", params(PaymentFilter), responses(
    (status = 200, description = "Newest first.", body = Vec<PaymentBody>),
))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(filter): Query<PaymentFilter>,
) -> Result<Json<Vec<PaymentBody>>, Problem> {
    if filter.order_id.is_none() && !caller.is_unrestricted() {
        return Err(Problem::bad_request("say of which order: ?orderId=…"));
    }
    let limit = filter.limit.unwrap_or(MAX_PAGE_SIZE).min(MAX_PAGE_SIZE);
    let found = state.queries.newest(filter.order_id, limit).await?;
    let shown = found.into_iter().filter(|shown| is_visible(shown, &caller));
    Ok(Json(
        shown.map(|shown| PaymentBody::shown(shown, &caller)).collect(),
    ))
}
