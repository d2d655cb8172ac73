//! Idempotency keys in PostgreSQL: the request that each key was used with, and the order that it placed.

use crate::adapters::storage::postgres::errors::failed;
use crate::adapters::storage::postgres::intents;
use crate::adapters::storage::postgres::recipients::bind_recipient;
use crate::application::ports::{IntentOutcome, KeyedOrderRequest, PaymentIntent, RepositoryError};
use crate::domain::{AwaitingOrder, Order};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::types::{Json, Uuid};
use sqlx::{Postgres, Row, Transaction};
use std::time::Duration;

const RECORD_FIRST: &str = "WITH fresh AS ( \
        INSERT INTO idempotency_keys (key, wish, order_id) VALUES ($1, $2, $3) \
        ON CONFLICT DO NOTHING RETURNING order_id) \
    INSERT INTO payment_intents (order_id, customer_id, amount, lease_until) \
    SELECT order_id, $4, $5, now() + make_interval(secs => $6) FROM fresh";

const RECORD_FIRST_WITH_RECIPIENT: &str = "WITH fresh AS ( \
        INSERT INTO idempotency_keys (key, wish, order_id) VALUES ($1, $2, $3) \
        ON CONFLICT DO NOTHING RETURNING order_id), \
    recipient AS ( \
        INSERT INTO recipients (order_id, name, address, phone, note) SELECT order_id, $7, $8, $9, $10 FROM fresh) \
    INSERT INTO payment_intents (order_id, customer_id, amount, lease_until) \
    SELECT order_id, $4, $5, now() + make_interval(secs => $6) FROM fresh";

/// How many old keys one statement deletes.
const BATCH: u32 = 1_000;

/// Records `intent` under a new key; returns false, and records nothing, if the key was used before.
pub(super) async fn record_first(
    pool: &PgPool,
    intent: &PaymentIntent,
    keyed: &KeyedOrderRequest,
    lease: Duration,
) -> Result<bool, RepositoryError> {
    let recipient = intent.recipient.as_ref();
    let insert = sqlx::query(recipient.map_or(RECORD_FIRST, |_| RECORD_FIRST_WITH_RECIPIENT))
        .bind(&keyed.key)
        .bind(Json(&keyed.request))
        .bind(intent.order_id.uuid())
        .bind(&intent.customer_id)
        .bind(i64::try_from(intent.amount).map_err(failed)?)
        .bind(lease.as_secs_f64());
    let inserted = bind_recipient(insert, recipient).execute(pool).await?;
    Ok(inserted.rows_affected() == 1)
}

/// The result of an earlier request with the key. One statement always sees the intent or the order that replaced it.
pub(super) async fn check(pool: &PgPool, keyed: &KeyedOrderRequest) -> Result<IntentOutcome, sqlx::Error> {
    let used = sqlx::query(
        "SELECT k.wish = $2 AS same, o.document, i.awaiting, i.abandoned, \
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
    Ok(unpaid_result(&used)?.unwrap_or(IntentOutcome::Recorded))
}

/// The result of an attempt that has an intent and no order; `None` if it has failed.
fn unpaid_result(intent: &PgRow) -> Result<Option<IntentOutcome>, sqlx::Error> {
    if let Some(Json(awaiting)) = intent.try_get::<Option<Json<AwaitingOrder>>, _>("awaiting")? {
        return Ok(Some(if intent.try_get("abandoned")? {
            IntentOutcome::NotPaid
        } else {
            IntentOutcome::AwaitingPayment(Box::new(awaiting))
        }));
    }
    let in_progress: bool = intent.try_get("at_work")?;
    Ok(in_progress.then_some(IntentOutcome::InProgress))
}

/// Records `intent` under a key that was used before, in place of a failed attempt; or returns the result of that key.
pub(super) async fn record_again(
    pool: &PgPool,
    intent: &PaymentIntent,
    keyed: &KeyedOrderRequest,
    lease: Duration,
) -> Result<IntentOutcome, RepositoryError> {
    let mut transaction = fdp_storage::database::begin(pool).await?;
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
    let attempt = sqlx::query(
        "SELECT awaiting, abandoned, NOT abandoned AND lease_until > now() AS at_work FROM payment_intents \
         WHERE order_id = $1 FOR UPDATE",
    )
    .bind(earlier)
    .fetch_optional(&mut **transaction)
    .await?;
    if let Some(result) = attempt.as_ref().map(unpaid_result).transpose()?.flatten() {
        return Ok(Some(result));
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

/// Deletes the keys that were last used so long ago, a few at a time, so that nobody who places an order waits for it.
pub(super) async fn delete_old(pool: &PgPool, age: Duration) -> Result<u64, sqlx::Error> {
    let mut all = 0;
    loop {
        let deleted = sqlx::query(
            "DELETE FROM idempotency_keys WHERE key = ANY (ARRAY (SELECT key FROM idempotency_keys \
             WHERE used_at < now() - make_interval(secs => $1) ORDER BY used_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
        )
        .bind(age.as_secs_f64())
        .bind(i64::from(BATCH))
        .execute(pool)
        .await?
        .rows_affected();
        all += deleted;
        if deleted < u64::from(BATCH) {
            return Ok(all);
        }
    }
}
