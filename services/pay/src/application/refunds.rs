//! The use case that order events trigger: the payment of an order that was cancelled or rejected is refunded.

use crate::application::reporting::{self, announced};
use crate::domain::{self, Payment};
use chrono::{DateTime, Utc};
use fdp_contracts::OrderId;
use fdp_kit::ledger::Change;

/// Refunds the payment of `order_id`, given its current payment. Returns `None` if nothing changes. Pure: the caller
/// stores the change, together with those of the other events of its batch.
pub fn refund(present: Option<&Payment>, order_id: OrderId, now: DateTime<Utc>) -> Option<Change<Payment>> {
    let payment = domain::refund(present, order_id, now)?;
    reporting::log(&payment);
    Some(announced(payment))
}

/// Counts a refund of `amount` won, once it is durable.
pub fn count_refund(amount: u64) {
    reporting::count("refunded");
    metrics::counter!("payments_refunded_won_total").increment(amount);
}
