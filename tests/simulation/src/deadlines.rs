//! The deadlines of the store and of riders in the simulation: they count the time in which the service was up.

use crate::database::{Database, Log, NoAnswer};
use crate::engine::{Engine, lock};
use crate::ledger::Aggregates;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use delivery::application::ports::{self as deliveries, DeliveryFilter, DeliveryRepository};
use delivery::domain::{Delivery, Waited};
use fdp_contracts::{DeliveryState, OrderId, TicketState};
use fdp_storage::RepositoryError;
use fdp_storage::ledger::Change;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::application::ports::{self as tickets, IsClosed, TicketFilter, TicketRepository};
use store::domain::{HistoryEntry, Ticket};

/// For how long anything may wait for a person: shorter than in reality, so that a history ends soon.
pub const LIMIT: Duration = Duration::from_secs(20);
/// How often a process looks for what is overdue.
pub const INTERVAL: Duration = Duration::from_secs(1);
/// A gap between two looks that is longer counts as so long: the service was down.
const LONGEST_GAP: Duration = Duration::from_secs(5);

/// What a service's database keeps of its own uptime, and of what waits.
#[derive(Debug, Default)]
pub struct Waits {
    uptime: Duration,
    looked_at: Option<Duration>,
    /// The uptime since which each aggregate has waited.
    since: BTreeMap<OrderId, Duration>,
}

impl Waits {
    /// Lets the clock of the uptime run. Of two processes that look at once, the later one may be the first to be heard.
    fn tick(&mut self, now: Duration) {
        let before = self.looked_at.unwrap_or(now);
        self.uptime += now.saturating_sub(before).min(LONGEST_GAP);
        self.looked_at = Some(before.max(now));
    }

    /// For how long an aggregate has waited; forgets it if it does not.
    fn waited(&mut self, order_id: OrderId, waits: bool) -> Option<Duration> {
        if !waits {
            self.since.remove(&order_id);
            return None;
        }
        let since = *self.since.entry(order_id).or_insert(self.uptime);
        Some(self.uptime.saturating_sub(since))
    }
}

/// Aggregates that wait for a person, in a simulated database.
pub struct Waiting<A> {
    pub database: Database<Aggregates<A>>,
    pub waits: Arc<Mutex<Waits>>,
    pub engine: Engine,
}

impl<A> fmt::Debug for Waiting<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what waits in a simulated database")
    }
}

impl<A: Clone + Send + 'static> Waiting<A> {
    async fn tick(&self) -> Result<(), RepositoryError> {
        let now = self.engine.now();
        let tick = |_: &mut Aggregates<A>, _: &mut Log| lock(&self.waits).tick(now);
        self.database.transact(tick).await.map_err(unreachable)
    }

    /// Applies `change` to what waits, with how long it has waited; returns what has changed.
    async fn change_overdue(
        &self,
        waits: impl Fn(&A) -> bool + Send,
        change: impl Fn(&A, Duration) -> Option<Change<A>> + Send,
    ) -> Result<Vec<A>, RepositoryError> {
        let work = |tables: &mut Aggregates<A>, log: &mut Log| {
            let mut clock = lock(&self.waits);
            let mut changed = Vec::new();
            for (order_id, aggregate) in tables {
                let Some(waited) = clock.waited(*order_id, waits(aggregate)) else {
                    continue;
                };
                if waited >= LIMIT
                    && let Some(change) = change(aggregate, waited)
                {
                    *aggregate = change.aggregate;
                    log.announce(change.events);
                    changed.push(aggregate.clone());
                }
            }
            changed
        };
        self.database.transact(work).await.map_err(unreachable)
    }
}

fn unreachable(_: NoAnswer) -> RepositoryError {
    sqlx::Error::PoolTimedOut.into()
}

#[async_trait]
impl TicketRepository for Waiting<Ticket> {
    /// Nobody lists in a history.
    async fn list(
        &self,
        _store_id: &str,
        _filter: &TicketFilter,
        _limit: u32,
    ) -> Result<Vec<Ticket>, RepositoryError> {
        Ok(Vec::new())
    }

    /// No store acts by itself.
    async fn advance_idle(
        &self,
        _idle_since: DateTime<Utc>,
        _limit: u32,
        _is_closed: IsClosed<'_>,
        _step: tickets::Step<'_>,
    ) -> Result<Vec<Ticket>, RepositoryError> {
        Ok(Vec::new())
    }

    async fn tick(&self) -> Result<(), RepositoryError> {
        self.tick().await
    }

    async fn advance_overdue(
        &self,
        _limit: u32,
        step: tickets::Step<'_>,
    ) -> Result<Vec<Ticket>, RepositoryError> {
        let waits = |ticket: &Ticket| ticket.state == TicketState::Received;
        self.change_overdue(waits, |ticket, _| step(ticket)).await
    }

    async fn history(
        &self,
        _store_id: &str,
        _order_id: OrderId,
    ) -> Result<Option<Vec<HistoryEntry>>, RepositoryError> {
        Ok(None)
    }
}

#[async_trait]
impl DeliveryRepository for Waiting<Delivery> {
    /// Nobody lists in a history.
    async fn list(&self, _filter: &DeliveryFilter, _limit: u32) -> Result<Vec<Delivery>, RepositoryError> {
        Ok(Vec::new())
    }

    /// No rider acts by himself.
    async fn advance_idle(
        &self,
        _idle_since: DateTime<Utc>,
        _limit: u32,
        _step: deliveries::Step<'_>,
    ) -> Result<Vec<Delivery>, RepositoryError> {
        Ok(Vec::new())
    }

    async fn release_overdue(
        &self,
        _silent_limit: Duration,
        _limit: u32,
        release: deliveries::Release<'_>,
    ) -> Result<Vec<Delivery>, RepositoryError> {
        let waits = |delivery: &Delivery| {
            delivery.rider_id.is_some()
                && matches!(delivery.state, DeliveryState::Requested | DeliveryState::Ready)
        };
        let release = |delivery: &Delivery, silent: Duration| {
            let waited = Waited {
                to_leave: None,
                silent,
            };
            release(delivery, waited)
        };
        self.change_overdue(waits, release).await
    }

    async fn tick(&self) -> Result<(), RepositoryError> {
        self.tick().await
    }
}
