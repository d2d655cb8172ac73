//! What a changed ticket publishes.

use crate::domain::Ticket;
use fdp_contracts::Event;
use fdp_storage::ledger::Change;

/// The change from `before` to `after`: `None` if they are the same, and without an event if the state is the same (the
/// food was handed over, or its order ended once it was cooked).
pub(super) fn changed(before: Option<&Ticket>, after: Ticket) -> Option<Change<Ticket>> {
    if before == Some(&after) {
        return None;
    }
    if before.is_some_and(|before| before.state == after.state) {
        return Some(Change {
            aggregate: after,
            events: Vec::new(),
        });
    }
    let (order_id, state) = (after.order_id, after.state.name());
    tracing::info!(%order_id, store_id = %after.store_id, state, "a ticket changed");
    let event = Event::Ticket(after.snapshot());
    Some(Change::announced(after, event))
}
