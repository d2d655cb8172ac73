//! Idempotency keys in PostgreSQL: the request that each key was used with, and the order that it placed.

use crate::adapters::storage::postgres::errors::failed;
use crate::adapters::storage::postgres::intents;
use crate::application::ports::{IntentOutcome, KeyedOrderRequest, PaymentIntent, RepositoryError};
use crate::domain::Order;
use sqlx::postgres::PgPool;
use sqlx::types::{Json, Uuid};
use sqlx::{Postgres, Row, Transaction};
use std::time::Duration;

/// Records `intent` under a new key; returns false, and records nothing, if the key was used before.
pub(super) async fn record_first(
    pool: &PgPool,
    intent: &PaymentIntent,
    keyed: &KeyedOrderRequest,
    lease: Duration,
) -> Result<bool, RepositoryError> {
    let inserted = sqlx::query(
        "WITH fresh AS ( \
             INSERT INTO idempotency_keys (key, wish, order_id) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING RETURNING order_id) \
         INSERT INTO payment_intents (order_id, customer_id, amount, lease_until) \
         SELECT order_id, $4, $5, now() + make_interval(secs => $6) FROM fresh",
    )
    .bind(&keyed.key)
    .bind(Json(&keyed.request))
    .bind(intent.order_id.uuid())
    .bind(&intent.customer_id)
    .bind(i64::try_from(intent.amount).map_err(failed)?)
    .bind(lease.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The result of an earlier request with the key. One statement always sees the intent or the order that replaced it.
pub(super) async fn check(pool: &PgPool, keyed: &KeyedOrderRequest) -> Result<IntentOutcome, sqlx::Error> {
    let used = sqlx::query(
        "SELECT k.wish = $2 AS same, o.document, \
         coalesce(NOT i.abandoned AND i.lease_until > now(), false) AS at_work FROM idempotency_keys k \
         LEFT JOIN payment_intents i ON i.order_id = k.order_id \
         LEFT JOIN orders o ON o.order_id = k.order_id WHERE k.key = $1",
    )
    .bind(&keyed.key)
    .bind(Json(&keyed.request))
    .fetch_optional(pool)
    .await?;
    let Some(used) = used else {
        return Ok(IntentOutcome::Recorded);
    };
    if !used.try_get::<bool, _>("same")? {
        return Ok(IntentOutcome::KeyReused);
    }
    if let Some(Json(order)) = used.try_get::<Option<Json<Order>>, _>("document")? {
        return Ok(IntentOutcome::AlreadyPlaced(Box::new(order)));
    }
    let in_progress: bool = used.try_get("at_work")?;
    Ok(if in_progress {
        IntentOutcome::InProgress
    } else {
        IntentOutcome::Recorded
    })
}

/// Records `intent` under a key that was used before, in place of a failed attempt; or returns the result of that key.
pub(super) async fn record_again(
    pool: &PgPool,
    intent: &PaymentIntent,
    keyed: &KeyedOrderRequest,
    lease: Duration,
) -> Result<IntentOutcome, RepositoryError> {
    let mut transaction = fdp_kit::database::begin(pool).await?;
    if let Some(earlier) = reassign_key(&mut transaction, keyed, intent).await? {
        return Ok(earlier);
    }
    intents::insert(&mut *transaction, intent, lease).await?;
    transaction.commit().await?;
    Ok(IntentOutcome::Recorded)
}

/// Reassigns the key to the new intent, or returns the result of the earlier request.
async fn reassign_key(
    transaction: &mut Transaction<'_, Postgres>,
    keyed: &KeyedOrderRequest,
    intent: &PaymentIntent,
) -> Result<Option<IntentOutcome>, sqlx::Error> {
    let used =
        sqlx::query("SELECT order_id, wish = $2 AS same FROM idempotency_keys WHERE key = $1 FOR UPDATE")
            .bind(&keyed.key)
            .bind(Json(&keyed.request))
            .fetch_optional(&mut **transaction)
            .await?;
    let Some(used) = used else {
        // The key has just been deleted because of its age. The next request with it starts again.
        return Ok(Some(IntentOutcome::InProgress));
    };
    if !used.try_get::<bool, _>("same")? {
        return Ok(Some(IntentOutcome::KeyReused));
    }
    let earlier: Uuid = used.try_get("order_id")?;
    // The intent before the order: one transaction replaces it by the order, so one of the two is always found.
    let in_progress: Option<bool> = sqlx::query_scalar(
        "SELECT NOT abandoned AND lease_until > now() FROM payment_intents WHERE order_id = $1 FOR UPDATE",
    )
    .bind(earlier)
    .fetch_optional(&mut **transaction)
    .await?;
    if in_progress == Some(true) {
        return Ok(Some(IntentOutcome::InProgress));
    }
    let ordered: Option<Json<Order>> = sqlx::query_scalar("SELECT document FROM orders WHERE order_id = $1")
        .bind(earlier)
        .fetch_optional(&mut **transaction)
        .await?;
    if let Some(Json(order)) = ordered {
        return Ok(Some(IntentOutcome::AlreadyPlaced(Box::new(order))));
    }
    // The earlier attempt has failed, and must not succeed any more.
    sqlx::query("UPDATE payment_intents SET abandoned = true WHERE order_id = $1")
        .bind(earlier)
        .execute(&mut **transaction)
        .await?;
    sqlx::query("UPDATE idempotency_keys SET order_id = $2, used_at = now() WHERE key = $1")
        .bind(&keyed.key)
        .bind(intent.order_id.uuid())
        .execute(&mut **transaction)
        .await?;
    Ok(None)
}
