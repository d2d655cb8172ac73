//! The order as other services see it.

use crate::state::announced;
use crate::{OrderId, examples};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an order is on its way from the basket to the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum OrderState {
    /// Paid, and waiting for the store.
    Placed,
    /// The store has taken it on.
    Accepted,
    /// The store is cooking it.
    Cooking,
    /// A rider has it.
    OnTheWay,
    /// The customer has it.
    Delivered,
    /// The store refused it, or something on it was out of stock; refunded.
    Rejected,
    /// The customer took it back in time; refunded.
    Cancelled,
}

impl OrderState {
    /// All states, in the order in which an order can pass through them.
    pub const ALL: [Self; 7] = [
        Self::Placed,
        Self::Accepted,
        Self::Cooking,
        Self::OnTheWay,
        Self::Delivered,
        Self::Rejected,
        Self::Cancelled,
    ];

    /// Whether the order can no longer change.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Rejected | Self::Cancelled)
    }
}

announced!(OrderState {
    Placed => "fooddelivery.order.placed.v1",
    Accepted => "fooddelivery.order.accepted.v1",
    Cooking => "fooddelivery.order.cooking.v1",
    OnTheWay => "fooddelivery.order.on-the-way.v1",
    Delivered => "fooddelivery.order.delivered.v1",
    Rejected => "fooddelivery.order.rejected.v1",
    Cancelled => "fooddelivery.order.cancelled.v1",
});

/// One thing on an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// The stocked product, if the line names one; a dish that the store cooks has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub product_id: Option<String>,
    /// What the customer reads.
    pub product_name: String,
    /// How many, at least 1.
    pub qty: u32,
    /// Price of one, in won.
    pub unit_price: u64,
}

/// An order after its latest change. `version` grows by one with each change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples(OrderSnapshot::example))]
pub struct OrderSnapshot {
    /// The order.
    pub order_id: OrderId,
    /// Who ordered.
    pub customer_id: String,
    /// Who cooks.
    pub store_id: String,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// What was paid, in won: the lines and the delivery fee.
    pub amount: u64,
    /// What the delivery costs, in won; a part of the amount.
    #[serde(default)]
    pub delivery_fee: u64,
    /// The version of the store and its menu by which it was priced; missing in orders of earlier releases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub store_version: Option<u64>,
    /// Where it is.
    pub state: OrderState,
    /// Why it ended before the door, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub reason: Option<String>,
    /// 1 when placed, and one more with each change.
    pub version: u32,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl OrderSnapshot {
    /// The example for the documents.
    pub(crate) fn example() -> Self {
        Self {
            order_id: OrderId::from(examples::ID),
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: vec![OrderLine {
                product_id: Some("1001".into()),
                product_name: "TV".into(),
                qty: 5,
                unit_price: 10_000,
            }],
            amount: 53_000,
            delivery_fee: 3_000,
            store_version: Some(7),
            state: OrderState::Placed,
            reason: None,
            version: 1,
            placed_at: examples::at(0),
            changed_at: examples::at(0),
        }
    }
}
