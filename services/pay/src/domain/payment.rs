//! The payment aggregate: each order has at most one.

use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, PaymentId, PaymentState};

/// The one payment of an order, or the record that there must never be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The payment's own id.
    pub payment_id: PaymentId,
    /// The order that it pays for.
    pub order_id: OrderId,
    /// The customer who pays, if known.
    pub customer_id: Option<String>,
    /// In won; 0 if nothing was ever paid.
    pub amount: u64,
    /// The current state.
    pub state: PaymentState,
    /// When the state last changed.
    pub changed_at: DateTime<Utc>,
}
