//! What a customer has ordered and has yet to pay: it becomes an order once the payment is approved, and none before.

use crate::domain::Order;
use chrono::{DateTime, Utc};
use fdp_contracts::OrderId;
use serde::{Deserialize, Serialize};

/// An order-to-be that waits for its customer to pay. Stored as this document, so the field names are fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwaitingOrder {
    /// The order at the prices that the customer was told.
    order: Order,
    pay_url: String,
    expires_at: DateTime<Utc>,
}

impl AwaitingOrder {
    /// `order` waits until `expires_at` for its customer to pay at `pay_url`.
    pub fn new(order: Order, pay_url: String, expires_at: DateTime<Utc>) -> Self {
        Self {
            order,
            pay_url,
            expires_at,
        }
    }

    /// The id of the order that it becomes.
    pub fn order_id(&self) -> OrderId {
        self.order.snapshot().order_id
    }

    /// The order that it becomes, as it was priced. It is no order yet.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Where the customer pays.
    pub fn pay_url(&self) -> &str {
        &self.pay_url
    }

    /// Until when the customer can pay.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// The order, now that it is paid.
    #[must_use]
    pub fn placed(&self, now: DateTime<Utc>) -> Order {
        self.order.placed_at(now)
    }
}
