//! On which terms a store takes orders.

use chrono::{DateTime, Utc};

/// On which terms a store takes orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderTerms {
    /// What the items of an order have to cost at least, in won.
    pub minimum_order: u64,
    /// What an order costs beside its items, in won.
    pub delivery_fee: u64,
    /// No orders are taken until then.
    pub paused_until: Option<DateTime<Utc>>,
}

impl OrderTerms {
    /// The highest amount of each, in won.
    pub const MAX_WON: u64 = 10_000_000;

    /// Whether orders are taken at that moment, as far as the store is open.
    pub fn take_orders_at(&self, now: DateTime<Utc>) -> bool {
        self.paused_until.is_none_or(|until| until <= now)
    }
}
