//! The services' ledgers and inboxes, stored in a simulated database.

use crate::database::{Database, Log};
use crate::engine::Engine;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::{Event, OrderId};
use fdp_messaging::{Effects, HandleError, Incoming};
use fdp_runtime::Clock;
use fdp_storage::inbox::Reaction;
use fdp_storage::ledger::{Decide, Decided, Ledger, LedgerError};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Aggregates by their order.
pub type Aggregates<A> = BTreeMap<OrderId, A>;

/// The clock of one process: simulated time plus the clock skew of the plan.
#[derive(Clone)]
pub struct SkewedClock {
    pub engine: Engine,
    /// The clock skew in milliseconds.
    pub skew: i64,
}

impl fmt::Debug for SkewedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a clock that is {} ms off", self.skew)
    }
}

impl Clock for SkewedClock {
    fn now(&self) -> DateTime<Utc> {
        let since = TimeDelta::from_std(self.engine.now()).unwrap_or_default();
        // 1 January 2026.
        let beginning = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
        beginning + since + TimeDelta::milliseconds(self.skew)
    }
}

/// A [`Ledger`] in a simulated database.
pub struct SimulatedLedger<A>(pub Database<Aggregates<A>>);

#[async_trait]
impl<A: Clone + Send + Sync + 'static> Ledger<A> for SimulatedLedger<A> {
    async fn change(&self, order_id: OrderId, decide: Decide<'_, A>) -> Result<Decided<A>, LedgerError> {
        let work = |tables: &mut Aggregates<A>, log: &mut Log| {
            let present = tables.get(&order_id);
            let Some(change) = decide(present) else {
                return Decided {
                    aggregate: present.cloned(),
                    changed: false,
                };
            };
            tables.insert(order_id, change.aggregate.clone());
            log.announce(change.events);
            Decided {
                aggregate: Some(change.aggregate),
                changed: true,
            }
        };
        Ok(self.0.transact(work).await?)
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<A>, LedgerError> {
        Ok(self
            .0
            .transact(|tables, _| tables.get(&order_id).cloned())
            .await?)
    }
}

/// How a service handles an event, with access to all its tables.
pub trait Behaviour: Send + Sync + 'static {
    type Tables: Send + 'static;

    /// Whether events of this type have any effect.
    fn concerns(&self, kind: &str) -> bool;

    /// Handles one event, and returns the events to publish.
    ///
    /// # Errors
    /// When this event can never be handled.
    fn react(
        &self,
        tables: &mut Self::Tables,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String>;
}

/// The [`Behaviour`] of a service's [`Reaction`].
pub struct Reacting<R>(pub R);

impl<R: Reaction> Behaviour for Reacting<R> {
    type Tables = Aggregates<R::Aggregate>;

    fn concerns(&self, kind: &str) -> bool {
        self.0.concerns(kind)
    }

    fn react(
        &self,
        tables: &mut Self::Tables,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        let Some(order_id) = incoming.order_id() else {
            return Ok(Vec::new());
        };
        let change = self.0.react(tables.get(&order_id), &incoming.event, now);
        Ok(change.map_or_else(Vec::new, |change| {
            tables.insert(order_id, change.aggregate);
            change.events
        }))
    }
}

/// The inbox of one process: [`Effects`] in a simulated database, once per event.
pub struct SimulatedInbox<B: Behaviour> {
    pub database: Database<B::Tables>,
    /// How events are handled.
    pub behaviour: B,
    pub clock: Arc<dyn Clock>,
    /// A planted bug: handled events are not recognised.
    pub forgets: bool,
}

#[async_trait]
impl<B: Behaviour> Effects for SimulatedInbox<B> {
    fn concerns(&self, kind: &str) -> bool {
        self.behaviour.concerns(kind)
    }

    async fn apply(&self, events: &[Incoming]) -> Result<usize, HandleError> {
        let work = |tables: &mut B::Tables, log: &mut Log| {
            let mut before = 0;
            for incoming in events {
                let id = incoming.envelope.id;
                if log.effects.contains_key(&id) && !self.forgets {
                    before += 1;
                    continue;
                }
                *log.effects.entry(id).or_default() += 1;
                match self.behaviour.react(tables, incoming, self.clock.now()) {
                    Ok(announced) => log.announce(announced),
                    // An event of the services themselves must always be valid.
                    Err(reason) => log
                        .broken
                        .push(format!("{} is poison: {reason}", incoming.envelope.kind)),
                }
            }
            before
        };
        Ok(self.database.transact(work).await?)
    }
}
