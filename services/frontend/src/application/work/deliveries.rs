//! Deliveries, as the delivery service shows them to riders, and the commands that it takes.

use super::service_error::ServiceError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryState, OrderId};
use fdp_http::Caller;
use serde::Deserialize;

/// The way of one order to the door.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// What is delivered.
    pub order_id: OrderId,
    /// From where.
    pub store_id: String,
    /// Where it is.
    pub state: DeliveryState,
    /// Since when riders may take it on; `None` until the store begins to cook.
    #[serde(default)]
    pub offered_at: Option<DateTime<Utc>>,
    /// Who has taken it on.
    #[serde(default)]
    pub rider_id: Option<String>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl Delivery {
    /// Whether it has ended, one way or the other.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, DeliveryState::Delivered | DeliveryState::Cancelled)
    }

    /// Whether a rider may take it on.
    pub fn is_free(&self) -> bool {
        self.rider_id.is_none() && self.offered_at.is_some() && !self.has_ended()
    }
}

/// A command of a rider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryCommand {
    /// Takes the delivery on.
    Assign,
    /// Leaves it to others.
    GiveBack {
        /// Why.
        reason: String,
    },
    /// Leaves the store with the food.
    Start,
    /// Hands the food over at the door.
    Deliver,
}

impl DeliveryCommand {
    /// Its name in the API of the delivery service, and in forms.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::GiveBack { .. } => "give-back",
            Self::Start => "start",
            Self::Deliver => "deliver",
        }
    }
}

/// The delivery service.
#[async_trait]
pub trait DeliveryService: Send + Sync + 'static {
    /// The newest deliveries in a state that the caller sees, at most `limit`: a rider sees his own and those that he may take
    /// on.
    async fn deliveries(
        &self,
        caller: &Caller,
        state: DeliveryState,
        limit: u32,
    ) -> Result<Vec<Delivery>, ServiceError>;

    /// Executes a command. A repeated command changes nothing.
    async fn command(
        &self,
        caller: &Caller,
        order_id: OrderId,
        command: &DeliveryCommand,
    ) -> Result<(), ServiceError>;
}
