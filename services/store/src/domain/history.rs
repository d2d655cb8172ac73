//! What has happened to a ticket: who did what, when and why.

use chrono::{DateTime, Utc};

/// One thing that happened to a ticket. Texts, because later releases may store others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// The state that the ticket entered, or one of the names in [`what`].
    pub what: String,
    /// Who did it.
    pub by: String,
    /// Why, if somebody said so.
    pub reason: Option<String>,
}

/// What happens to a ticket beside the states that it enters.
pub mod what {
    /// The owner gave the food to the rider.
    pub const HANDED_OVER: &str = "HandedOver";
    /// The order ended after the food was ready.
    pub const ORDER_ENDED: &str = "OrderEnded";
}
