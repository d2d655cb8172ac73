//! The store's side of an order, as other services see it.

use crate::state::announced;
use crate::{OrderId, examples};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the store is with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum TicketState {
    /// The owner has been told that an order has come in.
    Received,
    /// The owner has taken it on.
    Accepted,
    /// The owner refused it or gave it up, or did not accept it in time.
    Rejected,
    /// It is being cooked.
    CookingStarted,
    /// It is ready for the rider.
    CookingFinished,
    /// The order ended before the store was done.
    Cancelled,
}

announced!(TicketState {
    Received => "fooddelivery.ticket.received.v1",
    Accepted => "fooddelivery.ticket.accepted.v1",
    Rejected => "fooddelivery.ticket.rejected.v1",
    CookingStarted => "fooddelivery.ticket.cooking-started.v1",
    CookingFinished => "fooddelivery.ticket.cooking-finished.v1",
    Cancelled => "fooddelivery.ticket.cancelled.v1",
});

/// A ticket after its latest change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples(TicketSnapshot::example))]
pub struct TicketSnapshot {
    /// The order that it belongs to.
    pub order_id: OrderId,
    /// The store that cooks.
    pub store_id: String,
    /// Who ordered.
    pub customer_id: String,
    /// Where the store is with it.
    pub state: TicketState,
    /// Why it was rejected or cancelled, if so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub reason: Option<String>,
    /// For how many minutes the food may wait for the rider who has taken it on, once it is ready. Missing when the ticket
    /// has just come in, and if its store is not registered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub pick_up_within_minutes: Option<u32>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl TicketSnapshot {
    /// The example for the documents.
    pub(crate) fn example() -> Self {
        Self {
            order_id: OrderId::from(examples::ID),
            store_id: "1".into(),
            customer_id: "100".into(),
            state: TicketState::Accepted,
            reason: None,
            pick_up_within_minutes: Some(15),
            changed_at: examples::at(60),
        }
    }
}
