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

/// How the aggregates of one kind are stored in PostgreSQL. `lock`, `insert` and `update` take many at once, so that a
/// batch needs as many statements as one aggregate.
#[async_trait]
pub trait Table: Send + Sync + 'static {
    /// The aggregate that a row stores.
    type Aggregate: Clone + PartialEq + Send + Sync + 'static;

    /// The order that `aggregate` belongs to.
    fn order_id(aggregate: &Self::Aggregate) -> OrderId;

    /// Reads the existing aggregates of `order_ids` and locks them until the transaction ends, ordered by id so that
    /// two transactions never deadlock.
    async fn lock(
        connection: &mut PgConnection,
        order_ids: &[OrderId],
    ) -> Result<Vec<Self::Aggregate>, sqlx::Error>;

    /// Inserts those that do not exist; returns how many: fewer than given if another transaction was first.
    async fn insert(
        connection: &mut PgConnection,
        aggregates: &[&Self::Aggregate],
    ) -> Result<u64, sqlx::Error>;

    /// Updates locked aggregates.
    async fn update(
        connection: &mut PgConnection,
        aggregates: &[&Self::Aggregate],
    ) -> Result<(), sqlx::Error>;

    /// Reads one aggregate, without a lock.
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
    /// A ledger in the database of `pool`; events are written to `outbox`.
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

    /// The outbox for its events.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }
}

impl<T: Table> PgLedger<T> {
    /// Changes the order's aggregate with `decide` at the end of `transaction`, and commits it if there is a change; `None`
    /// when another transaction inserted the aggregate meanwhile, so that all has to be decided again. For decisions that
    /// need more locks than that of the aggregate.
    ///
    /// # Errors
    /// When the database fails. Nothing has changed then, unless only its last response was lost.
    pub async fn change_in(
        &self,
        mut transaction: Transaction<'_, Postgres>,
        order_id: OrderId,
        decide: Decide<'_, T::Aggregate>,
    ) -> Result<Option<Decided<T::Aggregate>>, LedgerError> {
        let present = T::lock(&mut transaction, &[order_id]).await?.into_iter().next();
        let Some(change) = decide(present.as_ref()) else {
            return Ok(Some(Decided {
                aggregate: present,
                changed: false,
            }));
        };
        if present.is_some() {
            T::update(&mut transaction, &[&change.aggregate]).await?;
        } else if T::insert(&mut transaction, &[&change.aggregate]).await? == 0 {
            // Before the first insert there is no row to lock: the second transaction decides again on the new row.
            return Ok(None);
        }
        let owes_events = !change.events.is_empty();
        self.outbox.append(&mut transaction, change.events).await?;
        transaction.commit().await?;
        if owes_events {
            self.outbox.wake();
        }
        Ok(Some(Decided {
            aggregate: Some(change.aggregate),
            changed: true,
        }))
    }

    /// Applies `step` to each of `idle`, which `transaction` has locked, each in its own trace, and commits; returns
    /// the changed aggregates. An aggregate for which `step` returns `None` is unchanged.
    ///
    /// # Errors
    /// When the database fails. Nothing has changed then, unless only its last response was lost.
    pub async fn advance_idle(
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
            let transaction = database::begin(&self.pool).await?;
            if let Some(decided) = self.change_in(transaction, order_id, decide).await? {
                return Ok(decided);
            }
        }
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<T::Aggregate>, LedgerError> {
        Ok(T::find(&self.pool, order_id).await?)
    }
}
