//! Orders in PostgreSQL: one JSON document each, changed together with its event in the outbox.

use crate::app::ports::{Decide, Intent, KeyedWish, Noted, OrderStore, StoreError};
use crate::domain::Order;
use async_trait::async_trait;
use fdp_contracts::{Event, OrderId, topic};
use fdp_kit::outbox;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::types::{Json, Uuid};
use sqlx::{Postgres, Row, Transaction};
use std::time::Duration;

const SERVICE: &str = "order";

/// Orders in the database of a pool.
#[derive(Debug, Clone)]
pub struct PgOrders(pub PgPool);

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if fdp_kit::database::is_passing(&error) {
            Self::Unreachable(Box::new(error))
        } else {
            Self::Failed(Box::new(error))
        }
    }
}

#[async_trait]
impl OrderStore for PgOrders {
    async fn note(
        &self,
        intent: &Intent,
        keyed: Option<&KeyedWish>,
        lease: Duration,
    ) -> Result<Noted, StoreError> {
        let mut transaction = self.0.begin().await?;
        if let Some(keyed) = keyed
            && let Some(answer) = answer_to_key(&mut transaction, keyed, intent.order_id).await?
        {
            return Ok(answer);
        }
        sqlx::query(
            "INSERT INTO payment_intents (order_id, customer_id, amount, lease_until) \
             VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
        )
        .bind(intent.order_id.uuid())
        .bind(&intent.customer_id)
        .bind(i64::try_from(intent.amount).map_err(|error| StoreError::Failed(error.into()))?)
        .bind(lease.as_secs_f64())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Noted::Intent)
    }

    async fn complete(&self, order: &Order) -> Result<bool, StoreError> {
        let snapshot = order.snapshot();
        let mut transaction = self.0.begin().await?;
        let completed = sqlx::query("DELETE FROM payment_intents WHERE order_id = $1 AND NOT abandoned")
            .bind(snapshot.order_id.uuid())
            .execute(&mut *transaction)
            .await?;
        if completed.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("INSERT INTO orders (order_id, customer_id, document) VALUES ($1, $2, $3)")
            .bind(snapshot.order_id.uuid())
            .bind(&snapshot.customer_id)
            .bind(Json(order))
            .execute(&mut *transaction)
            .await?;
        publish(&mut transaction, order).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn forget(&self, order_id: OrderId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM payment_intents WHERE order_id = $1")
            .bind(order_id.uuid())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    async fn abandon(&self, order_id: OrderId) -> Result<(), StoreError> {
        sqlx::query("UPDATE payment_intents SET abandoned = true, lease_until = now() WHERE order_id = $1")
            .bind(order_id.uuid())
            .execute(&self.0)
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
        .fetch_all(&self.0)
        .await?;
        Ok(claimed.into_iter().map(OrderId::from).collect())
    }

    async fn forget_keys(&self, age: Duration) -> Result<u64, StoreError> {
        let forgotten =
            sqlx::query("DELETE FROM idempotency_keys WHERE used_at < now() - make_interval(secs => $1)")
                .bind(age.as_secs_f64())
                .execute(&self.0)
                .await?;
        Ok(forgotten.rows_affected())
    }

    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let order = change(&mut transaction, order_id, decide).await?;
        transaction.commit().await?;
        Ok(order)
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, StoreError> {
        let found: Option<Json<Order>> =
            sqlx::query_scalar("SELECT document FROM orders WHERE order_id = $1")
                .bind(order_id.uuid())
                .fetch_optional(&self.0)
                .await?;
        Ok(found.map(|Json(order)| order))
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
        let found: Vec<Json<Order>> = query.fetch_all(&self.0).await?;
        Ok(found.into_iter().map(|Json(order)| order).collect())
    }
}

/// Changes an order as `decide` says, inside the transaction on `connection`; gives it as it is then, or `None`
/// when there is no such order.
///
/// # Errors
/// When the database fails; the transaction should then be given up.
pub async fn change(
    connection: &mut PgConnection,
    order_id: OrderId,
    decide: Decide<'_>,
) -> Result<Option<Order>, sqlx::Error> {
    let found: Option<Json<Order>> =
        sqlx::query_scalar("SELECT document FROM orders WHERE order_id = $1 FOR UPDATE")
            .bind(order_id.uuid())
            .fetch_optional(&mut *connection)
            .await?;
    let Some(Json(order)) = found else { return Ok(None) };
    let Some(next) = decide(&order) else {
        return Ok(Some(order));
    };
    sqlx::query("UPDATE orders SET document = $2 WHERE order_id = $1")
        .bind(order_id.uuid())
        .bind(Json(&next))
        .execute(&mut *connection)
        .await?;
    publish(connection, &next).await?;
    let snapshot = next.snapshot();
    tracing::info!(
        order_id = %order_id, version = snapshot.version, from = ?order.snapshot().state, to = ?snapshot.state,
        "the order moved on"
    );
    Ok(Some(next))
}

async fn publish(connection: &mut PgConnection, order: &Order) -> Result<(), sqlx::Error> {
    outbox::append(
        connection,
        SERVICE,
        topic::ORDER,
        Event::Order(order.snapshot().clone()),
    )
    .await?;
    Ok(())
}

/// Ties the key to `order_id`, or says why not.
async fn answer_to_key(
    transaction: &mut Transaction<'_, Postgres>,
    keyed: &KeyedWish,
    order_id: OrderId,
) -> Result<Option<Noted>, sqlx::Error> {
    let fresh = sqlx::query(
        "INSERT INTO idempotency_keys (key, wish, order_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    )
    .bind(&keyed.key)
    .bind(Json(&keyed.wish))
    .bind(order_id.uuid())
    .execute(&mut **transaction)
    .await?;
    if fresh.rows_affected() == 1 {
        return Ok(None);
    }
    let used =
        sqlx::query("SELECT order_id, wish = $2 AS same FROM idempotency_keys WHERE key = $1 FOR UPDATE")
            .bind(&keyed.key)
            .bind(Json(&keyed.wish))
            .fetch_one(&mut **transaction)
            .await?;
    if !used.try_get::<bool, _>("same")? {
        return Ok(Some(Noted::OtherWish));
    }
    let earlier: Uuid = used.try_get("order_id")?;
    // The intent before the order: it is completed in one transaction, so that one of the two is always seen.
    let at_work: Option<bool> = sqlx::query_scalar(
        "SELECT NOT abandoned AND lease_until > now() FROM payment_intents WHERE order_id = $1 FOR UPDATE",
    )
    .bind(earlier)
    .fetch_optional(&mut **transaction)
    .await?;
    if at_work == Some(true) {
        return Ok(Some(Noted::UnderWay));
    }
    let ordered: Option<Json<Order>> = sqlx::query_scalar("SELECT document FROM orders WHERE order_id = $1")
        .bind(earlier)
        .fetch_optional(&mut **transaction)
        .await?;
    if let Some(Json(order)) = ordered {
        return Ok(Some(Noted::OrderedBefore(Box::new(order))));
    }
    // The earlier attempt came to nothing, and must not come to something now.
    sqlx::query("UPDATE payment_intents SET abandoned = true WHERE order_id = $1")
        .bind(earlier)
        .execute(&mut **transaction)
        .await?;
    sqlx::query("UPDATE idempotency_keys SET order_id = $2, used_at = now() WHERE key = $1")
        .bind(&keyed.key)
        .bind(order_id.uuid())
        .execute(&mut **transaction)
        .await?;
    Ok(None)
}
