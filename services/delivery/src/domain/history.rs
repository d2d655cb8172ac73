//! What has happened to a delivery: who did what, when and why.

use chrono::{DateTime, Utc};

/// One thing that happened to a delivery. Texts, because later releases may store others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// The state that the delivery entered, or one of the names in [`what`].
    pub what: String,
    /// Who did it.
    pub by: String,
    /// The rider who had the delivery then; if he lost it, the one who had it before.
    pub rider_id: Option<String>,
    /// Why, if somebody said so.
    pub reason: Option<String>,
}

/// What happens to a delivery beside the states that it enters.
pub mod what {
    /// Riders may take it on from now on.
    pub const OFFERED: &str = "Offered";
    /// A rider has it now.
    pub const ASSIGNED: &str = "Assigned";
    /// Its rider does not want it any more.
    pub const GIVEN_BACK: &str = "GivenBack";
    /// A deadline has taken it from its rider.
    pub const RELEASED: &str = "Released";
}
