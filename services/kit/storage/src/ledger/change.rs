//! Changes of aggregates: the decision and its outcome.

use fdp_contracts::Event;

/// The result of a decision: the new aggregate, and the events that announce it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<A> {
    /// The new aggregate.
    pub aggregate: A,
    /// The events to publish once the change is durable.
    pub events: Vec<Event>,
}

impl<A> Change<A> {
    /// The new `aggregate`, announced by one event.
    pub fn announced(aggregate: A, event: Event) -> Self {
        Self {
            aggregate,
            events: vec![event],
        }
    }
}

/// A decision about an order's aggregate (`None` if there is none yet). It returns `None` to change nothing. It has to
/// be pure, because it may be called more than once.
pub type Decide<'a, A> = &'a (dyn Fn(Option<&A>) -> Option<Change<A>> + Send + Sync);

/// The outcome of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<A> {
    /// The aggregate as it is now, if there is one.
    pub aggregate: Option<A>,
    /// Whether this decision changed it.
    pub changed: bool,
}
