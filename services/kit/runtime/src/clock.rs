//! The time, as a port: programs take it from the system, simulations set it themselves.

use chrono::{DateTime, SubsecRound as _, Utc};
use std::fmt::Debug;

/// A source of the current time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
}

/// The system's clock, as exact as PostgreSQL keeps time: what is written and what is read back are the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}
