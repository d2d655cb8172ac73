//! The use case that events of the store, the riders and the inventory trigger: they advance an order.

use crate::domain::{Order, Progress};
use chrono::{DateTime, Utc};
use fdp_storage::ledger::Change;

/// Advances `order` (`None` if there is no such order) by `progress`. Returns `None` if nothing changes. Pure: the
/// caller stores the change, together with those of the other events of its batch.
pub fn advance(order: Option<&Order>, progress: &Progress, now: DateTime<Utc>) -> Option<Change<Order>> {
    let Some(order) = order else {
        tracing::warn!("a report about an order that does not exist");
        return None;
    };
    let next = order.advance(progress, now)?;
    let announcement = next.announcement(Some(order));
    if announcement.is_some() {
        let (from, to) = (order.snapshot(), next.snapshot());
        tracing::info!(version = to.version, from = ?from.state, to = ?to.state, "the order moved on");
    }
    Some(Change {
        aggregate: next,
        events: announcement.into_iter().collect(),
    })
}
