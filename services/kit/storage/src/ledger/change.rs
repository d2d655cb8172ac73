//! Changes of aggregates: what decides them, and their outcome.

use fdp_contracts::Event;

/// A change that was decided: the aggregate from now on, and the events that announce it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<A> {
    /// The aggregate from now on.
    pub aggregate: A,
    /// Published once the change is durable.
    pub events: Vec<Event>,
}

impl<A> Change<A> {
    /// `aggregate` from now on, announced by one event.
    pub fn announced(aggregate: A, event: Event) -> Self {
        Self {
            aggregate,
            events: vec![event],
        }
    }
}

/// A decision about an order's aggregate (`None` when there is none yet); `None` leaves everything as it is.
/// It has to be pure: it may be called more than once.
pub type Decide<'a, A> = &'a (dyn Fn(Option<&A>) -> Option<Change<A>> + Send + Sync);

/// The outcome of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<A> {
    /// The aggregate as it is now, if there is one.
    pub aggregate: Option<A>,
    /// Whether this decision changed it.
    pub changed: bool,
}
