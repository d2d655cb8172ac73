//! Orders in PostgreSQL: one JSON document each, changed together with its event in the outbox.

mod effects;
mod keys;
mod table;

pub use effects::Listening;
pub use table::OrderTable;

use crate::app::ports::{Decide, Intent, KeyedWish, Noted, OrderStore, StoreError};
use crate::domain::Order;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_kit::ledger::{Change, Ledger, LedgerError, PgLedger};
use fdp_kit::outbox::{OutboxError, Row};
use fdp_kit::{Outbox, trace};
use sqlx::postgres::PgPool;
use sqlx::types::{Json, Uuid};
use std::collections::BTreeMap;
use std::time::Duration;

/// Orders in the database of a pool, announced through an outbox in the same database.
#[derive(Debug, Clone)]
pub struct PgOrders(PgLedger<OrderTable>);

impl PgOrders {
    /// Orders in the database of `pool`, announced through `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox) -> Self {
        Self(PgLedger::new(pool, outbox))
    }

    fn pool(&self) -> &PgPool {
        self.0.pool()
    }

    /// How a new order is announced.
    fn row(&self, order: &Order) -> Result<Option<Row>, OutboxError> {
        let traceparent = trace::current_header();
        order
            .announcement(None)
            .map(|event| self.0.outbox().row(event, traceparent))
            .transpose()
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        LedgerError::from(error).into()
    }
}

impl From<LedgerError> for StoreError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unreachable(source) => Self::Unreachable(source),
            LedgerError::Failed(source) => Self::Failed(source),
        }
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Failed(Box::new(error))
}

#[async_trait]
impl OrderStore for PgOrders {
    /// One statement, and so one round trip and one commit, unless the key was used before.
    async fn note(
        &self,
        intent: &Intent,
        keyed: Option<&KeyedWish>,
        lease: Duration,
    ) -> Result<Noted, StoreError> {
        if let Some(keyed) = keyed {
            return if keys::note_first(self.pool(), intent, keyed, lease).await? {
                Ok(Noted::Intent)
            } else {
                keys::note_again(self.pool(), intent, keyed, lease).await
            };
        }
        note(self.pool(), intent, lease).await?;
        Ok(Noted::Intent)
    }

    async fn recall(&self, keyed: &KeyedWish) -> Result<Noted, StoreError> {
        Ok(keys::recall(self.pool(), keyed).await?)
    }

    /// One statement here too. An intent that is being abandoned at the same moment is waited for, and then not
    /// there any more.
    async fn complete(&self, order: &Order) -> Result<bool, StoreError> {
        let snapshot = order.snapshot();
        let Some(row) = self.row(order).map_err(failed)? else {
            return Ok(false);
        };
        let completed = sqlx::query(
            "WITH intent AS ( \
                 DELETE FROM payment_intents WHERE order_id = $1 AND NOT abandoned RETURNING order_id), \
             placed AS ( \
                 INSERT INTO orders (order_id, customer_id, document) \
                 SELECT order_id, $2, $3 FROM intent RETURNING order_id) \
             INSERT INTO outbox (event_id, topic, key, payload) SELECT $4, $5, $6, $7::json FROM placed",
        )
        .bind(snapshot.order_id.uuid())
        .bind(&snapshot.customer_id)
        .bind(Json(order))
        .bind(row.event_id())
        .bind(row.topic())
        .bind(row.key())
        .bind(row.payload())
        .execute(self.pool())
        .await?
        .rows_affected();
        if completed == 0 {
            return Ok(false);
        }
        self.0.outbox().wake();
        Ok(true)
    }

    async fn forget(&self, order_id: OrderId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM payment_intents WHERE order_id = $1")
            .bind(order_id.uuid())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    async fn abandon(&self, order_id: OrderId) -> Result<(), StoreError> {
        sqlx::query("UPDATE payment_intents SET abandoned = true, lease_until = now() WHERE order_id = $1")
            .bind(order_id.uuid())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    async fn claim(&self, most: u32, lease: Duration) -> Result<Vec<OrderId>, StoreError> {
        let claimed: Vec<Uuid> = sqlx::query_scalar(
            "UPDATE payment_intents SET abandoned = true, lease_until = now() + make_interval(secs => $2) \
             WHERE order_id IN (SELECT order_id FROM payment_intents WHERE lease_until <= now() \
                                ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED) \
             RETURNING order_id",
        )
        .bind(i64::from(most))
        .bind(lease.as_secs_f64())
        .fetch_all(self.pool())
        .await?;
        Ok(claimed.into_iter().map(OrderId::from).collect())
    }

    async fn forget_keys(&self, age: Duration) -> Result<u64, StoreError> {
        let forgotten =
            sqlx::query("DELETE FROM idempotency_keys WHERE used_at < now() - make_interval(secs => $1)")
                .bind(age.as_secs_f64())
                .execute(self.pool())
                .await?;
        Ok(forgotten.rows_affected())
    }

    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, StoreError> {
        let decide = |present: Option<&Order>| {
            let next = decide(present?)?;
            Some(Change {
                events: next.announcement(present).into_iter().collect(),
                aggregate: next,
            })
        };
        Ok(self.0.change(order_id, &decide).await?.aggregate)
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.0.find(order_id).await?)
    }

    async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, StoreError> {
        let query = match customer_id {
            Some(customer_id) => sqlx::query_scalar(
                "SELECT document FROM orders WHERE customer_id = $2 ORDER BY order_id DESC LIMIT $1",
            )
            .bind(i64::from(limit))
            .bind(customer_id),
            None => sqlx::query_scalar("SELECT document FROM orders ORDER BY order_id DESC LIMIT $1")
                .bind(i64::from(limit)),
        };
        let found: Vec<Json<Order>> = query.fetch_all(self.pool()).await?;
        Ok(found.into_iter().map(|Json(order)| order).collect())
    }

    async fn prices(&self, product_ids: &[String]) -> Result<BTreeMap<String, u64>, StoreError> {
        let found: Vec<(String, i64)> = sqlx::query_as(
            "SELECT product_id, unit_price FROM prices WHERE product_id = ANY($1) AND unit_price IS NOT NULL",
        )
        .bind(product_ids)
        .fetch_all(self.pool())
        .await?;
        found
            .into_iter()
            .map(|(product_id, unit_price)| Ok((product_id, u64::try_from(unit_price).map_err(failed)?)))
            .collect()
    }
}

/// Notes an intent, on a connection or in a transaction.
async fn note(
    executor: impl sqlx::PgExecutor<'_>,
    intent: &Intent,
    lease: Duration,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO payment_intents (order_id, customer_id, amount, lease_until) \
         VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
    )
    .bind(intent.order_id.uuid())
    .bind(&intent.customer_id)
    .bind(i64::try_from(intent.amount).map_err(failed)?)
    .bind(lease.as_secs_f64())
    .execute(executor)
    .await?;
    Ok(())
}
