//! For how long an order may wait for a store and for its rider.

use std::ops::RangeInclusive;

/// For how long an order may wait for somebody, by the settings of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// For how many minutes a new order may wait for the store to accept it. Counts for orders from now on.
    pub accept_within_minutes: u32,
    /// For how many minutes the food may wait for the rider who has taken it on, once it is ready.
    pub pick_up_within_minutes: u32,
}

impl TimeLimits {
    /// What each of them may be.
    pub const MINUTES: RangeInclusive<u32> = 1..=1440;
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            accept_within_minutes: 15,
            pick_up_within_minutes: 15,
        }
    }
}
