//! What owners do with tickets.

mod kitchen;
mod stores;
mod watch;

use crate::domain::{Command, Refusal, Ticket, state_name};
use fdp_contracts::{Event, OrderId};
use fdp_kit::Clock;
use fdp_kit::ledger::{Change, Ledger, LedgerError};
use fdp_kit::live::Live;
use std::sync::Arc;
use std::time::Duration;

pub use kitchen::Kitchen;
pub use stores::{MenuError, NoSuchStore, Stores};
pub use watch::{Place, Watch, Watcher};

/// Wakes owners who watch the tickets of a store, by the store's id.
pub type Bell = Live<String>;

/// How long it may take until owners who watch on one replica see what another one did.
const GATHER: Duration = Duration::from_millis(250);

/// A bell that rings on all replicas.
pub fn bell() -> Bell {
    Bell::gathering("tickets", GATHER)
}

/// The use cases of owners.
#[derive(Clone)]
pub struct Tickets {
    ledger: Arc<dyn Ledger<Ticket>>,
    clock: Arc<dyn Clock>,
    bell: Bell,
}

/// Why a ticket was not found or not changed.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// There is none.
    #[error("store {store_id} has no ticket for order {order_id}")]
    NotFound {
        /// The store that was asked.
        store_id: String,
        /// The order.
        order_id: OrderId,
    },
    /// Its state contradicts the command.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What is kept failed; nothing has changed.
    #[error("keeping tickets: {0}")]
    Ledger(#[from] LedgerError),
}

impl Tickets {
    /// Works on the tickets of `ledger`, and rings `bell` for those who watch them.
    pub fn new(ledger: Arc<dyn Ledger<Ticket>>, clock: Arc<dyn Clock>, bell: Bell) -> Self {
        Self { ledger, clock, bell }
    }

    /// Does what the owner of `store_id` says with the order's ticket, and gives the ticket as it is then. What has
    /// been done already is not done again.
    ///
    /// # Errors
    /// When the store has no such ticket, its state contradicts the command, or it cannot be kept.
    pub async fn command(
        &self,
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
                ticket.obey(&command, now)?;
                Ok::<_, Refusal>(changed(present, ticket))
            })
            .await??;
        let ticket = found(store_id, order_id, decided.aggregate)?;
        if decided.changed {
            self.bell.announce([ticket.store_id.clone()]);
        }
        Ok(ticket)
    }

    /// The ticket of one order.
    ///
    /// # Errors
    /// When the store has no such ticket, or it cannot be read.
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

/// What a ticket that was `before` and is `after` now comes to: nothing if it is the same, and no news for the world
/// if the food was only handed over, or its order ended once it was cooked.
pub(crate) fn changed(before: Option<&Ticket>, after: Ticket) -> Option<Change<Ticket>> {
    if before == Some(&after) {
        return None;
    }
    if before.is_some_and(|before| before.state == after.state) {
        return Some(Change {
            aggregate: after,
            events: Vec::new(),
        });
    }
    let (order_id, state) = (after.order_id, state_name(after.state));
    tracing::info!(%order_id, store_id = %after.store_id, state, "a ticket changed");
    let event = Event::Ticket(after.snapshot());
    Some(Change::announced(after, event))
}
