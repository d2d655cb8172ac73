//! What HTTP and gRPC requests have in common.

use crate::application::{CancelError, Found, Orders};
use crate::domain::AwaitingOrder;
use fdp_contracts::{AwaitingPayment, AwaitingPaymentState, OrderId};
use fdp_http::{Caller, Problem, idempotency};
use http::HeaderMap;

/// The page size, unless a request sets it.
const DEFAULT_PAGE_SIZE: u32 = 50;
/// The largest page size.
const MAX_PAGE_SIZE: u32 = 200;

/// The page size of a list request.
pub(super) fn page_size(limit: Option<u32>) -> u32 {
    limit.unwrap_or(DEFAULT_PAGE_SIZE).min(MAX_PAGE_SIZE)
}

/// The order, or what has yet to become one, if it exists and the caller may see it.
pub(super) async fn visible(orders: &Orders, caller: &Caller, order_id: OrderId) -> Result<Found, Problem> {
    let found = orders.look_up(order_id).await?;
    found
        .filter(|found| caller.may_see(found.customer_id()))
        .ok_or_else(|| CancelError::NotFound(order_id).into())
}

/// What waits for its customer to pay, as its customer sees it.
pub(super) fn awaiting_payment(awaiting: &AwaitingOrder, state: AwaitingPaymentState) -> AwaitingPayment {
    let order = awaiting.order().snapshot();
    AwaitingPayment {
        order_id: order.order_id,
        customer_id: order.customer_id.clone(),
        state,
        amount: order.amount,
        pay_url: awaiting.pay_url().to_owned(),
        expires_at: awaiting.expires_at(),
    }
}

/// The value of the `Idempotency-Key` header, if there is one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    Ok(idempotency::idempotency_key(headers)?.map(str::to_owned))
}
