//! What the store does: takes orders in, obeys its owner, and drops what was cancelled. Each is one transaction.

use crate::domain::{self, Command, Refusal, Ticket};
use crate::store;
use chrono::{DateTime, SubsecRound, Utc};
use fdp_contracts::{Event, OrderId, OrderSnapshot, TicketState, topic};
use fdp_kit::outbox;
use fdp_kit::trace::{self, TraceContext};
use sqlx::{PgConnection, PgPool};
use std::time::Duration;

const SERVICE: &str = "store";
/// How many tickets one transaction moves on by itself.
const BATCH: u32 = 32;

/// The use cases of owners, and of a store that acts by itself.
#[derive(Debug, Clone)]
pub struct Tickets {
    pool: PgPool,
}

/// A place that cooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its id.
    pub store_id: String,
    /// What people call it.
    pub name: String,
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
    /// Its state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed; nothing has changed.
    #[error("keeping tickets: {0}")]
    Database(#[from] sqlx::Error),
}

impl Tickets {
    /// Works on the database behind `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Does what the owner of `store_id` says with the order's ticket, and gives the ticket as it is then.
    ///
    /// # Errors
    /// When the store has no such ticket, its state does not allow it, or the database fails.
    pub async fn command(
        &self,
        store_id: &str,
        order_id: OrderId,
        command: Command,
    ) -> Result<Ticket, TicketError> {
        let mut transaction = self.pool.begin().await?;
        let mut ticket = found(store_id, order_id, store::lock(&mut transaction, order_id).await?)?;
        obey(&mut transaction, &mut ticket, command).await?;
        transaction.commit().await?;
        Ok(ticket)
    }

    /// Takes the next step of tickets that have stood still for `delay`; gives how many there were.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn move_on(&self, delay: Duration) -> Result<usize, TicketError> {
        let mut transaction = self.pool.begin().await?;
        let idle = store::lock_idle(&mut transaction, now() - delay, BATCH).await?;
        let count = idle.len();
        for mut ticket in idle {
            if let Some(command) = domain::next(ticket.state) {
                let step = obey(&mut transaction, &mut ticket, command);
                trace::within(TraceContext::start(), step).await?;
            }
        }
        transaction.commit().await?;
        Ok(count)
    }

    /// The ticket of one order.
    ///
    /// # Errors
    /// When the store has no such ticket, or the database fails.
    pub async fn ticket(&self, store_id: &str, order_id: OrderId) -> Result<Ticket, TicketError> {
        found(store_id, order_id, store::find(&self.pool, order_id).await?)
    }

    /// The store's newest tickets, of one state or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tickets(
        &self,
        store_id: &str,
        state: Option<TicketState>,
        limit: u32,
    ) -> Result<Vec<Ticket>, sqlx::Error> {
        store::list(&self.pool, store_id, state, limit).await
    }

    /// All stores by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stores(&self) -> Result<Vec<Store>, sqlx::Error> {
        let stores = store::stores(&self.pool).await?;
        Ok(stores
            .into_iter()
            .map(|(store_id, name)| Store { store_id, name })
            .collect())
    }

    /// Registers a store, or renames it; true when it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn register(&self, store: &Store) -> Result<bool, sqlx::Error> {
        store::put_store(&self.pool, &store.store_id, &store.name).await
    }
}

/// An order was placed: its ticket is made, unless there is one already.
///
/// # Errors
/// When the database fails; the transaction on `connection` is to be given up then.
pub async fn receive(connection: &mut PgConnection, order: &OrderSnapshot) -> Result<(), sqlx::Error> {
    let ticket = Ticket::received(order, now());
    if store::insert(connection, &ticket).await? {
        announce(connection, &ticket).await?;
    }
    Ok(())
}

/// An order has ended before the door: its ticket is cancelled, unless the store is done with it. An order that
/// the store has not heard of gets a cancelled ticket, so that it is not cooked when it comes after all.
///
/// # Errors
/// When the database fails; the transaction on `connection` is to be given up then.
pub async fn cancel(connection: &mut PgConnection, order: &OrderSnapshot) -> Result<(), sqlx::Error> {
    let stillborn = Ticket::stillborn(order, now());
    if store::insert(connection, &stillborn).await? {
        return announce(connection, &stillborn).await;
    }
    let Some(mut ticket) = store::lock(connection, order.order_id).await? else {
        return Ok(());
    };
    if ticket.cancel(order.reason.clone(), now()) {
        store::update(connection, &ticket).await?;
        announce(connection, &ticket).await?;
    }
    Ok(())
}

fn found(store_id: &str, order_id: OrderId, ticket: Option<Ticket>) -> Result<Ticket, TicketError> {
    ticket
        .filter(|ticket| ticket.store_id == store_id)
        .ok_or_else(|| TicketError::NotFound {
            store_id: store_id.to_owned(),
            order_id,
        })
}

async fn obey(
    connection: &mut PgConnection,
    ticket: &mut Ticket,
    command: Command,
) -> Result<(), TicketError> {
    ticket.obey(command, now())?;
    store::update(connection, ticket).await?;
    announce(connection, ticket).await?;
    Ok(())
}

async fn announce(connection: &mut PgConnection, ticket: &Ticket) -> Result<(), sqlx::Error> {
    outbox::append(
        connection,
        SERVICE,
        topic::STORE,
        Event::Ticket(ticket.snapshot()),
    )
    .await?;
    let (order_id, state) = (ticket.order_id, domain::state_name(ticket.state));
    tracing::info!(%order_id, store_id = %ticket.store_id, state, "a ticket changed");
    Ok(())
}

/// The time, as exact as PostgreSQL keeps it.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
