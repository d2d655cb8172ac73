//! The use cases of owners: they command one ticket, and read it.

use super::change::changed;
use super::notifier::TicketNotifier;
use crate::domain::{Actor, Command, CommandError, Ticket};
use fdp_contracts::OrderId;
use fdp_runtime::Clock;
use fdp_storage::ledger::{Ledger, LedgerError};
use std::sync::Arc;

/// Commands and reads tickets.
#[derive(Clone)]
pub struct Tickets {
    ledger: Arc<dyn Ledger<Ticket>>,
    clock: Arc<dyn Clock>,
    notifier: TicketNotifier,
}

/// Why a ticket was not found or not changed.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// There is none.
    #[error("store {store_id} has no ticket for order {order_id}")]
    NotFound {
        /// The store of the request.
        store_id: String,
        /// The order.
        order_id: OrderId,
    },
    /// The command was rejected.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The database failed; nothing has changed.
    #[error("keeping tickets: {0}")]
    Ledger(#[from] LedgerError),
}

impl Tickets {
    /// Use cases on the tickets of `ledger`; `notifier` wakes those who watch them.
    pub fn new(ledger: Arc<dyn Ledger<Ticket>>, clock: Arc<dyn Clock>, notifier: TicketNotifier) -> Self {
        Self {
            ledger,
            clock,
            notifier,
        }
    }

    /// Executes a command of `by`, who may run `store_id`, on the ticket of an order, and returns the ticket as it is then. A
    /// repeated command changes nothing.
    ///
    /// # Errors
    /// When the store has no such ticket, the command is rejected, or the database fails.
    pub async fn command(
        &self,
        by: &Actor,
        store_id: &str,
        order_id: OrderId,
        command: Command,
    ) -> Result<Ticket, TicketError> {
        let now = self.clock.now();
        let decided = self
            .ledger
            .decide(order_id, |present| {
                let Some(mut ticket) = present.filter(|ticket| ticket.store_id == store_id).cloned() else {
                    return Ok(None);
                };
                ticket.execute(by, &command, now)?;
                Ok::<_, CommandError>(changed(present, ticket))
            })
            .await??;
        let ticket = found(store_id, order_id, decided.aggregate)?;
        if decided.changed {
            self.notifier.announce([ticket.store_id.clone()]);
        }
        Ok(ticket)
    }

    /// The ticket of one order.
    ///
    /// # Errors
    /// When the store has no such ticket, or the database fails.
    pub async fn ticket(&self, store_id: &str, order_id: OrderId) -> Result<Ticket, TicketError> {
        found(store_id, order_id, self.ledger.find(order_id).await?)
    }
}

fn found(store_id: &str, order_id: OrderId, ticket: Option<Ticket>) -> Result<Ticket, TicketError> {
    ticket
        .filter(|ticket| ticket.store_id == store_id)
        .ok_or_else(|| TicketError::NotFound {
            store_id: store_id.to_owned(),
            order_id,
        })
}
