//! What a customer has chosen and has yet to pay, as its customer sees it: it is no order, and no event tells of it.

use crate::{OrderId, examples};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where it is on its way to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum AwaitingPaymentState {
    /// Its customer has to pay at `payUrl`. Once that is done, it is an order with the same id.
    AwaitingPayment,
    /// Its customer has given it up. Nothing is charged, and it never becomes an order.
    Cancelled,
}

/// An order-to-be that waits for its customer to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples(AwaitingPayment::example))]
pub struct AwaitingPayment {
    /// The id of the order that it becomes.
    pub order_id: OrderId,
    /// Who orders and pays.
    pub customer_id: String,
    /// Whether it still waits.
    pub state: AwaitingPaymentState,
    /// What is to be paid, in won.
    pub amount: u64,
    /// Where the customer pays.
    pub pay_url: String,
    /// Until when. What is not paid by then never becomes an order, and nothing is charged.
    pub expires_at: DateTime<Utc>,
}

impl AwaitingPayment {
    /// The example for the documents.
    pub(crate) fn example() -> Self {
        Self {
            order_id: OrderId::from(examples::ID),
            customer_id: "100".into(),
            state: AwaitingPaymentState::AwaitingPayment,
            amount: 53_000,
            pay_url: "https://checkout.stripe.com/c/pay/cs_1".into(),
            expires_at: examples::at(30 * 60),
        }
    }
}
