//! A ledger in PostgreSQL.

use crate::database;
use crate::ledger::change::{Change, Decide, Decided};
use crate::ledger::error::LedgerError;
use crate::ledger::port::Ledger;
use crate::outbox::Outbox;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_runtime::trace::TraceContext;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

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
        let (mut moved, mut rows) = (Vec::new(), Vec::new());
        for aggregate in idle {
            let trace = TraceContext::start();
            let span = tracing::info_span!(
                "autopilot", order_id = %T::order_id(aggregate), trace_id = %trace.trace_id(),
            );
            let Some(Change { aggregate, events }) = span.in_scope(|| step(aggregate)) else {
                continue;
            };
            for event in events {
                rows.push(self.outbox.row(event, Some(trace.header()))?);
            }
            moved.push(aggregate);
        }
        if !moved.is_empty() {
            T::update(&mut transaction, &moved.iter().collect::<Vec<_>>()).await?;
            self.outbox.append_rows(&mut transaction, &rows).await?;
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
