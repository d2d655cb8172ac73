//! All tickets of a store at a glance, and the store that acts by itself.

use super::{Bell, changed};
use crate::domain::{self, Ticket};
use crate::store::{self, TicketTable};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, TicketState};
use fdp_kit::Clock;
use fdp_kit::database;
use fdp_kit::ledger::{Change, PgLedger};
use std::sync::Arc;
use std::time::Duration;

/// How many tickets one transaction moves on by itself.
const BATCH: u32 = 200;

/// All tickets, in the service's own database.
#[derive(Debug, Clone)]
pub struct Kitchen {
    ledger: PgLedger<TicketTable>,
    clock: Arc<dyn Clock>,
    bell: Bell,
}

impl Kitchen {
    /// Shows and moves on the tickets of `ledger`, and rings `bell` for those who watch them.
    pub fn new(ledger: PgLedger<TicketTable>, clock: Arc<dyn Clock>, bell: Bell) -> Self {
        Self { ledger, clock, bell }
    }

    /// The store's newest tickets, of one state or of all, of orders placed before another one or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tickets(
        &self,
        store_id: &str,
        state: Option<TicketState>,
        before: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<Ticket>, sqlx::Error> {
        store::list(self.ledger.pool(), store_id, state, before, limit).await
    }

    /// Takes the next step of tickets that have stood still for `delay`, in one transaction; gives how many there
    /// were. Tickets that come in while their store is closed wait until it opens.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn move_on(&self, delay: Duration) -> Result<usize, sqlx::Error> {
        let now = self.clock.now();
        let mut transaction = database::begin(self.ledger.pool()).await?;
        let closed = store::places::closed(&mut transaction, now).await?;
        let idle = store::lock_idle(&mut transaction, now - delay, &closed, BATCH).await?;
        let moved = self
            .ledger
            .move_on(transaction, &idle, |ticket| step(ticket, now))
            .await?;
        self.bell
            .announce(moved.iter().map(|ticket| ticket.store_id.clone()));
        Ok(moved.len())
    }
}

fn step(ticket: &Ticket, now: DateTime<Utc>) -> Option<Change<Ticket>> {
    let mut moved = ticket.clone();
    moved.obey(&domain::next(ticket.state)?, now).ok()?;
    changed(Some(ticket), moved)
}
