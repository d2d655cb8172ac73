//! The use case of the automatic store: it takes the next step of tickets that nobody has changed for a while.

use super::change::changed;
use super::notifier::TicketNotifier;
use super::ports::TicketRepository;
use crate::domain::{self, Actor, Store, Ticket};
use chrono::{DateTime, Utc};
use fdp_runtime::Clock;
use fdp_storage::RepositoryError;
use fdp_storage::ledger::Change;
use std::sync::Arc;
use std::time::Duration;

/// How many tickets one transaction advances.
const BATCH: u32 = 200;

/// The automatic store.
#[derive(Debug, Clone)]
pub struct Autopilot {
    repository: Arc<dyn TicketRepository>,
    clock: Arc<dyn Clock>,
    notifier: TicketNotifier,
}

impl Autopilot {
    /// Advances the tickets of `repository`; `notifier` wakes those who watch them.
    pub fn new(
        repository: Arc<dyn TicketRepository>,
        clock: Arc<dyn Clock>,
        notifier: TicketNotifier,
    ) -> Self {
        Self {
            repository,
            clock,
            notifier,
        }
    }

    /// Takes the next step of tickets that have not changed for `delay`, in one transaction; returns how many it
    /// advanced. New tickets of a store that closed meanwhile wait until it opens.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn advance(&self, delay: Duration) -> Result<usize, RepositoryError> {
        let now = self.clock.now();
        let is_closed = |store: &Store| !store.opening.is_open_at(now);
        let step = |ticket: &Ticket| next_step(ticket, now);
        let advanced = self
            .repository
            .advance_idle(now - delay, BATCH, &is_closed, &step)
            .await?;
        self.notifier
            .announce(advanced.iter().map(|ticket| ticket.store_id.clone()));
        Ok(advanced.len())
    }
}

fn next_step(ticket: &Ticket, now: DateTime<Utc>) -> Option<Change<Ticket>> {
    let mut advanced = ticket.clone();
    advanced
        .execute(&Actor::Autopilot, &domain::next(ticket.state)?, now)
        .ok()?;
    changed(Some(ticket), advanced)
}
