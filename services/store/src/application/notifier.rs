//! Notifies owners who watch the tickets of a store that one has changed, on all replicas.

use fdp_kit::live::Live;
use std::time::Duration;

/// Wakes the watchers of a store, by the store's id.
pub type TicketNotifier = Live<String>;

/// How long changes are collected before the other replicas are notified: the longest delay of a watcher there.
const GATHER: Duration = Duration::from_millis(250);

/// The notifier of this replica.
pub fn notifier() -> TicketNotifier {
    TicketNotifier::gathering("tickets", GATHER)
}
