//! How committed changes wake the relay.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// How committed changes wake the relay, on this replica or on another one.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    /// Wakes the relay of this replica.
    pub(crate) here: Notify,
    /// Wakes the relay of another replica.
    pub(crate) elsewhere: Notify,
    leads: AtomicBool,
}

impl Wakes {
    /// Sets whether the relay runs on this replica.
    pub(crate) fn set_leads(&self, leads: bool) {
        self.leads.store(leads, Ordering::Release);
    }

    /// Wakes the relay, wherever it runs.
    pub(crate) fn wake(&self) {
        if self.leads.load(Ordering::Acquire) {
            self.here.notify_one();
        } else {
            self.elsewhere.notify_one();
        }
    }
}
