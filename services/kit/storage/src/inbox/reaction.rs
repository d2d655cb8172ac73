//! How one kind of aggregate reacts to events.

use crate::ledger::Change;
use chrono::{DateTime, Utc};
use fdp_contracts::Event;
use fdp_messaging::Incoming;

/// How one kind of aggregate, one per order, reacts to events: pure, so that a simulation runs the same code.
pub trait Reaction: Send + Sync + 'static {
    /// What reacts.
    type Aggregate: Clone + PartialEq + Send + Sync + 'static;

    /// Whether events of this `CloudEvents` type have any effect here.
    fn concerns(&self, kind: &str) -> bool;

    /// What becomes of the order's aggregate (`None` when there is none yet); `None` when nothing does.
    fn react(
        &self,
        present: Option<&Self::Aggregate>,
        event: &Event,
        now: DateTime<Utc>,
    ) -> Option<Change<Self::Aggregate>>;

    /// Called once the effects of `events` are durable, for what may be lost.
    fn committed(&self, _events: &[Incoming]) {}
}
