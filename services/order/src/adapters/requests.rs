//! What HTTP and gRPC requests have in common.

use crate::application::{CancelError, Orders};
use crate::domain::Order;
use fdp_contracts::OrderId;
use fdp_kit::{Caller, Problem, idempotency};
use http::HeaderMap;

/// The page size, unless a request sets it.
const DEFAULT_PAGE_SIZE: u32 = 50;
/// The largest page size.
const MAX_PAGE_SIZE: u32 = 200;

/// The page size of a list request.
pub(super) fn page_size(limit: Option<u32>) -> u32 {
    limit.unwrap_or(DEFAULT_PAGE_SIZE).min(MAX_PAGE_SIZE)
}

/// The order, if it exists and the caller may see it.
pub(super) async fn visible_order(
    orders: &Orders,
    caller: &Caller,
    order_id: OrderId,
) -> Result<Order, Problem> {
    let found = orders.find(order_id).await?;
    found
        .filter(|order| caller.may_see(&order.snapshot().customer_id))
        .ok_or_else(|| CancelError::NotFound(order_id).into())
}

/// The value of the `Idempotency-Key` header, if there is one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    Ok(idempotency::idempotency_key(headers)?.map(str::to_owned))
}
