//! The delivery as other services see it.

use crate::state::announced;
use crate::{DeliveryId, OrderId, examples};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum DeliveryState {
    /// Known, but the food is not ready.
    Requested,
    /// The food waits for a rider.
    Ready,
    /// The rider is about to leave, and waits for the order's word: it may have been cancelled in the same moment.
    Departing,
    /// The rider has left the store.
    Started,
    /// The food is at the door.
    Delivered,
    /// The order ended first.
    Cancelled,
}

announced!(DeliveryState {
    Requested => "fooddelivery.delivery.requested.v1",
    Ready => "fooddelivery.delivery.ready.v1",
    Departing => "fooddelivery.delivery.departing.v1",
    Started => "fooddelivery.delivery.started.v1",
    Delivered => "fooddelivery.delivery.delivered.v1",
    Cancelled => "fooddelivery.delivery.cancelled.v1",
});

/// A delivery after its latest change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples(DeliverySnapshot::example))]
pub struct DeliverySnapshot {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// What is delivered.
    pub order_id: OrderId,
    /// To whom.
    pub customer_id: String,
    /// From where.
    pub store_id: String,
    /// Where it is.
    pub state: DeliveryState,
    /// Who has taken it on, if anybody has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub rider_id: Option<String>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl DeliverySnapshot {
    /// The `CloudEvents` type that announces that another rider has a delivery, or none any more; it is no other state.
    pub const RIDER_CHANGED: &'static str = "fooddelivery.delivery.rider-changed.v1";

    /// The example for the documents.
    pub(crate) fn example() -> Self {
        Self {
            delivery_id: DeliveryId::from(examples::ID),
            order_id: OrderId::from(examples::ID),
            customer_id: "100".into(),
            store_id: "1".into(),
            state: DeliveryState::Started,
            rider_id: Some("rider-7".into()),
            changed_at: examples::at(1_200),
        }
    }
}
