//! How one kind of aggregate reacts to events.

use crate::ledger::Change;
use chrono::{DateTime, Utc};
use fdp_contracts::Event;
use fdp_messaging::Incoming;

/// How one kind of aggregate (one per order) reacts to events. Pure, so that a simulation can run the same code.
pub trait Reaction: Send + Sync + 'static {
    /// The aggregate that reacts.
    type Aggregate: Clone + PartialEq + Send + Sync + 'static;

    /// Whether events of this `CloudEvents` type have any effect here.
    fn concerns(&self, kind: &str) -> bool;

    /// Returns the change, or `None` when nothing changes. `present` is `None` when the order has no aggregate yet.
    fn react(
        &self,
        present: Option<&Self::Aggregate>,
        event: &Event,
        now: DateTime<Utc>,
    ) -> Option<Change<Self::Aggregate>>;

    /// Called once the effects of `events` are durable. Only for work that may be lost.
    fn committed(&self, _events: &[Incoming]) {}
}
