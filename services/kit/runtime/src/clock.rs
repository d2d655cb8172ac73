//! The clock as a port: programs read the system's clock, simulations set the time themselves.

use chrono::{DateTime, SubsecRound as _, Utc};
use std::fmt::Debug;

/// A source of the current time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
}

/// The system's clock, truncated to the precision of PostgreSQL: a time that is written and read back is unchanged.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}
