//! How committed changes wake the relay.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// How committed changes wake the relay, on this replica or on another one.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    /// For the relay of this replica.
    pub(crate) here: Notify,
    /// For the relay of another one.
    pub(crate) elsewhere: Notify,
    leads: AtomicBool,
}

impl Wakes {
    /// Whether the relay runs on this replica from now on.
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
