//! Aggregates kept by order, each change in one transaction with the events that announce it.
//!
//! [`Ledger`] is what use cases see; a simulation brings its own. [`PgLedger`] keeps them in PostgreSQL, in a
//! [`Table`] that only says how rows are read and written.

use crate::database;
use crate::outbox::{Outbox, OutboxError};
use crate::trace::TraceContext;
use async_trait::async_trait;
use fdp_contracts::{Event, OrderId};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use std::error::Error;

/// What a decision comes to: the aggregate as it is to be, and what the world is to hear of that.
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
/// It has to be pure: it may be asked more than once.
pub type Decide<'a, A> = &'a (dyn Fn(Option<&A>) -> Option<Change<A>> + Send + Sync);

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<A> {
    /// The aggregate as it is now, if there is one.
    pub aggregate: Option<A>,
    /// Whether this decision changed it.
    pub changed: bool,
}

/// The place where aggregates are kept failed; nothing has changed, unless its last answer was lost.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be reached for now.
    #[error("what is kept cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// It cannot do this.
    #[error("keeping a change failed: {0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        if crate::database::is_passing(&error) {
            Self::Unreachable(error.into())
        } else {
            Self::Failed(error.into())
        }
    }
}

impl From<OutboxError> for LedgerError {
    fn from(error: OutboxError) -> Self {
        sqlx::Error::from(error).into()
    }
}

/// Aggregates of one kind, one per order.
#[async_trait]
pub trait Ledger<A: Send>: Send + Sync + 'static {
    /// Changes the order's aggregate as `decide` says, atomically with the events.
    async fn change(&self, order_id: OrderId, decide: Decide<'_, A>) -> Result<Decided<A>, LedgerError>;

    /// The order's aggregate as it was last committed.
    async fn find(&self, order_id: OrderId) -> Result<Option<A>, LedgerError>;
}

/// How the aggregates of one kind lie in PostgreSQL. All three take many at once, so that a batch costs as many
/// statements as one.
#[async_trait]
pub trait Table: Send + Sync + 'static {
    /// What a row is.
    type Aggregate: Clone + PartialEq + Send + Sync + 'static;

    /// The order that `aggregate` belongs to.
    fn order_id(aggregate: &Self::Aggregate) -> OrderId;

    /// Those that exist of `order_ids`, locked until the transaction ends, in the order of their ids (two
    /// transactions must never wait for each other).
    async fn lock(
        connection: &mut PgConnection,
        order_ids: &[OrderId],
    ) -> Result<Vec<Self::Aggregate>, sqlx::Error>;

    /// Adds those that are not there, and gives how many: fewer than given when another transaction was first.
    async fn insert(
        connection: &mut PgConnection,
        aggregates: &[&Self::Aggregate],
    ) -> Result<u64, sqlx::Error>;

    /// Writes the new form of locked ones.
    async fn update(
        connection: &mut PgConnection,
        aggregates: &[&Self::Aggregate],
    ) -> Result<(), sqlx::Error>;

    /// One, not locked.
    async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Self::Aggregate>, sqlx::Error>;
}

/// A [`Ledger`] in PostgreSQL.
#[derive(Debug)]
pub struct PgLedger<T> {
    pool: PgPool,
    outbox: Outbox,
    table: std::marker::PhantomData<fn() -> T>,
}

impl<T> Clone for PgLedger<T> {
    fn clone(&self) -> Self {
        Self::new(self.pool.clone(), self.outbox.clone())
    }
}

impl<T> PgLedger<T> {
    /// Aggregates in the database of `pool`, announced through `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox) -> Self {
        Self {
            pool,
            outbox,
            table: std::marker::PhantomData,
        }
    }

    /// The database.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Where its events go.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }
}

impl<T: Table> PgLedger<T> {
    /// Takes each of `idle`, which `transaction` has locked, one `step` further by itself, each in a trace of its own,
    /// and commits; gives those that moved. Where `step` gives nothing, nothing happens.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then, unless its last answer was lost.
    pub async fn move_on(
        &self,
        mut transaction: Transaction<'_, Postgres>,
        idle: &[T::Aggregate],
        step: impl Fn(&T::Aggregate) -> Option<Change<T::Aggregate>> + Send,
    ) -> Result<Vec<T::Aggregate>, sqlx::Error> {
        let (mut moved, mut envelopes) = (Vec::new(), Vec::new());
        for aggregate in idle {
            let trace = TraceContext::start();
            let span = tracing::info_span!(
                "autopilot", order_id = %T::order_id(aggregate), trace_id = %trace.trace_id(),
            );
            let Some(Change { aggregate, events }) = span.in_scope(|| step(aggregate)) else {
                continue;
            };
            for event in events {
                envelopes.push(self.outbox.envelope(event, Some(trace.header()))?);
            }
            moved.push(aggregate);
        }
        if !moved.is_empty() {
            T::update(&mut transaction, &moved.iter().collect::<Vec<_>>()).await?;
            self.outbox.append_envelopes(&mut transaction, &envelopes).await?;
            transaction.commit().await?;
            self.outbox.wake();
        }
        Ok(moved)
    }
}

#[async_trait]
impl<T: Table> Ledger<T::Aggregate> for PgLedger<T> {
    async fn change(
        &self,
        order_id: OrderId,
        decide: Decide<'_, T::Aggregate>,
    ) -> Result<Decided<T::Aggregate>, LedgerError> {
        loop {
            let mut transaction = database::begin(&self.pool).await?;
            let present = T::lock(&mut transaction, &[order_id]).await?.into_iter().next();
            let Some(change) = decide(present.as_ref()) else {
                return Ok(Decided {
                    aggregate: present,
                    changed: false,
                });
            };
            if present.is_some() {
                T::update(&mut transaction, &[&change.aggregate]).await?;
            } else if T::insert(&mut transaction, &[&change.aggregate]).await? == 0 {
                // Nothing was there to lock before the first: who inserts second decides again, on what the first made.
                continue;
            }
            let owes_events = !change.events.is_empty();
            self.outbox.append(&mut transaction, change.events).await?;
            transaction.commit().await?;
            if owes_events {
                self.outbox.wake();
            }
            return Ok(Decided {
                aggregate: Some(change.aggregate),
                changed: true,
            });
        }
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<T::Aggregate>, LedgerError> {
        Ok(T::find(&self.pool, order_id).await?)
    }
}
