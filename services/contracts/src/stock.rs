//! Products and stock as other services see them.

use crate::state::announced;
use crate::{OrderId, examples};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happened to the stock that an order asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum StockOutcome {
    /// All of it was taken.
    Taken,
    /// Some of it was missing, so nothing was taken.
    Short,
    /// It was put back, because the order ended.
    Returned,
}

announced!(StockOutcome {
    Taken => "fooddelivery.inventory.stock-taken.v1",
    Short => "fooddelivery.inventory.stock-short.v1",
    Returned => "fooddelivery.inventory.stock-returned.v1",
});

/// How many of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockLine {
    /// The product.
    pub product_id: String,
    /// How many of it.
    pub qty: u32,
}

/// What one order did to the stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples(StockMovement::example))]
pub struct StockMovement {
    /// The order.
    pub order_id: OrderId,
    /// The products concerned.
    pub lines: Vec<StockLine>,
    /// What happened.
    pub outcome: StockOutcome,
    /// What was missing, in words for the customer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub reason: Option<String>,
    /// When.
    pub changed_at: DateTime<Utc>,
}

impl StockMovement {
    /// The example for the documents.
    pub(crate) fn example() -> Self {
        Self {
            order_id: OrderId::from(examples::ID),
            lines: vec![StockLine {
                product_id: "1001".into(),
                qty: 5,
            }],
            outcome: StockOutcome::Taken,
            reason: None,
            changed_at: examples::at(1),
        }
    }
}

/// A product and how many of it there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples(ProductSnapshot::example))]
pub struct ProductSnapshot {
    /// The product.
    pub product_id: String,
    /// The store that sells it.
    #[serde(default = "first_store")]
    pub store_id: String,
    /// What the customer reads.
    pub product_name: String,
    /// How many can still be ordered.
    pub stock: u64,
    /// Price of one, in won, if inventory knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub unit_price: Option<u64>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// The store of all products before they had one each.
fn first_store() -> String {
    "1".to_owned()
}

impl ProductSnapshot {
    /// The example for the documents.
    pub(crate) fn example() -> Self {
        Self {
            product_id: "1001".into(),
            store_id: first_store(),
            product_name: "TV".into(),
            stock: 95,
            unit_price: Some(10_000),
            changed_at: examples::at(1),
        }
    }
}

impl ProductSnapshot {
    /// The `CloudEvents` type that announces a new product or a changed stock.
    pub const EVENT_TYPE: &'static str = "fooddelivery.inventory.product-changed.v1";
}
