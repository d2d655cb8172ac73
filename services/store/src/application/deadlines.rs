//! The use case of deadlines: an order that its store does not accept in time is rejected.

use super::change::changed;
use super::notifier::TicketNotifier;
use super::ports::TicketRepository;
use crate::domain::Ticket;
use chrono::{DateTime, Utc};
use fdp_runtime::{Clock, Health};
use fdp_storage::RepositoryError;
use fdp_storage::ledger::Change;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often to look.
const LOOK: Duration = Duration::from_secs(1);
/// How many tickets one transaction rejects.
const BATCH: u32 = 200;

/// The deadlines of tickets.
#[derive(Debug, Clone)]
pub struct Deadlines {
    repository: Arc<dyn TicketRepository>,
    clock: Arc<dyn Clock>,
    notifier: TicketNotifier,
}

impl Deadlines {
    /// The deadlines of the tickets in `repository`; `notifier` wakes those who watch them.
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

    /// Keeps the deadlines until stopped.
    pub async fn run(self, health: Health, stop: CancellationToken) {
        let work = async {
            loop {
                // While the database cannot be reached, the time does not count either.
                health.until_tasks_may_run().await;
                if let Err(error) = self.keep().await {
                    tracing::warn!(%error, "deadlines could not be kept; trying again");
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// Lets the clock of the deadlines run, and rejects the tickets whose time has passed; returns how many.
    ///
    /// # Errors
    /// When the database fails; tickets that were rejected by then stay so.
    pub async fn keep(&self) -> Result<usize, RepositoryError> {
        self.repository.tick().await?;
        let mut expired = 0;
        loop {
            let batch = self.expire().await?;
            expired += batch;
            if batch < BATCH as usize {
                return Ok(expired);
            }
        }
    }

    async fn expire(&self) -> Result<usize, RepositoryError> {
        let now = self.clock.now();
        let step = |ticket: &Ticket| expired(ticket, now);
        let expired = self.repository.advance_overdue(BATCH, &step).await?;
        metrics::counter!("tickets_expired_total").increment(expired.len() as u64);
        self.notifier
            .announce(expired.iter().map(|ticket| ticket.store_id.clone()));
        Ok(expired.len())
    }
}

fn expired(ticket: &Ticket, now: DateTime<Utc>) -> Option<Change<Ticket>> {
    let mut expired = ticket.clone();
    expired.expire(now);
    changed(Some(ticket), expired)
}
