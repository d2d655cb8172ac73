//! What a changed delivery publishes.

use crate::domain::Delivery;
use fdp_contracts::Event;
use fdp_storage::ledger::Change;

/// The change from `before` to `after`: `None` if they are the same. Other services learn of another state and of another rider,
/// who may see from then on where the order goes; not of positions.
pub(super) fn changed(before: Option<&Delivery>, after: Delivery) -> Option<Change<Delivery>> {
    if before == Some(&after) {
        return None;
    }
    let mut events = Vec::new();
    if before.and_then(|before| before.rider_id.as_ref()) != after.rider_id.as_ref() {
        events.push(Event::RiderChanged(after.snapshot()));
    }
    if before.is_none_or(|before| before.state != after.state) {
        let (order_id, state) = (after.parcel.order_id, after.state.name());
        tracing::info!(%order_id, delivery_id = %after.delivery_id, state, "a delivery changed");
        events.push(Event::Delivery(after.snapshot()));
    }
    Some(Change {
        aggregate: after,
        events,
    })
}

/// A change to `delivery` that publishes it.
pub(super) fn published(delivery: Delivery) -> Change<Delivery> {
    let event = Event::Delivery(delivery.snapshot());
    Change::announced(delivery, event)
}
