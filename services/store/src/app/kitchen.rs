//! All tickets of a store at a glance, and the store that acts by itself.

use super::{Bell, changed};
use crate::domain::{self, Ticket};
use crate::store::{self, TicketTable};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, TicketState};
use fdp_kit::Clock;
use fdp_kit::database;
use fdp_kit::ledger::{Change, PgLedger, Table};
use fdp_kit::trace::TraceContext;
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
        let outbox = self.ledger.outbox();
        let (mut moved, mut envelopes) = (Vec::new(), Vec::new());
        for ticket in &idle {
            let trace = TraceContext::start();
            let span = tracing::info_span!(
                "autopilot", order_id = %ticket.order_id, trace_id = %trace.trace_id(),
            );
            let Some(Change { aggregate, events }) = span.in_scope(|| step(ticket, now)) else {
                continue;
            };
            for event in events {
                envelopes.push(outbox.envelope(event, Some(trace.header()))?);
            }
            moved.push(aggregate);
        }
        if moved.is_empty() {
            return Ok(0);
        }
        TicketTable::update(&mut transaction, &moved.iter().collect::<Vec<_>>()).await?;
        outbox.append_envelopes(&mut transaction, &envelopes).await?;
        transaction.commit().await?;
        outbox.wake();
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
