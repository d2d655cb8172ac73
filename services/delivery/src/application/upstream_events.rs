//! The use case of events of orders and tickets: a delivery is created, made ready, started or cancelled.

use super::change::changed;
use crate::domain::{Delivery, Parcel, UpstreamEvent};
use chrono::{DateTime, Utc};
use fdp_storage::ledger::Change;

/// The change that an event makes to the order's delivery; `present` is the delivery, if there is one already. Pure.
pub fn apply(
    present: Option<&Delivery>,
    parcel: Parcel,
    event: UpstreamEvent,
    now: DateTime<Utc>,
) -> Option<Change<Delivery>> {
    let delivery = match present {
        None => Delivery::new(parcel, event, now),
        Some(present) => {
            let mut delivery = present.clone();
            delivery.apply(event, now);
            delivery
        }
    };
    changed(present, delivery)
}
