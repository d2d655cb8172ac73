//! What a changed delivery publishes.

use crate::domain::Delivery;
use fdp_contracts::Event;
use fdp_storage::ledger::Change;

/// The change from `before` to `after`: `None` if they are the same, and without an event if the state is the same:
/// other services need not know who delivers.
pub(super) fn changed(before: Option<&Delivery>, after: Delivery) -> Option<Change<Delivery>> {
    if before == Some(&after) {
        return None;
    }
    if before.is_some_and(|before| before.state == after.state) {
        return Some(Change {
            aggregate: after,
            events: Vec::new(),
        });
    }
    let (order_id, state) = (after.parcel.order_id, after.state.name());
    tracing::info!(%order_id, delivery_id = %after.delivery_id, state, "a delivery changed");
    Some(published(after))
}

/// A change to `delivery` that publishes it.
pub(super) fn published(delivery: Delivery) -> Change<Delivery> {
    let event = Event::Delivery(delivery.snapshot());
    Change::announced(delivery, event)
}
