//! Idempotency keys in PostgreSQL: which wish a key stands for, and which order came of it.

use super::note;
use crate::app::ports::{Intent, KeyedWish, Noted, StoreError};
use crate::domain::Order;
use sqlx::postgres::PgPool;
use sqlx::types::{Json, Uuid};
use sqlx::{Postgres, Row, Transaction};
use std::time::Duration;

/// Ties a new key to `intent` and notes that; false, and nothing noted, when the key was used before.
pub(super) async fn note_first(
    pool: &PgPool,
    intent: &Intent,
    keyed: &KeyedWish,
    lease: Duration,
) -> Result<bool, StoreError> {
    let noted = sqlx::query(
        "WITH fresh AS ( \
             INSERT INTO idempotency_keys (key, wish, order_id) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING RETURNING order_id) \
         INSERT INTO payment_intents (order_id, customer_id, amount, lease_until) \
         SELECT order_id, $4, $5, now() + make_interval(secs => $6) FROM fresh",
    )
    .bind(&keyed.key)
    .bind(Json(&keyed.wish))
    .bind(intent.order_id.uuid())
    .bind(&intent.customer_id)
    .bind(i64::try_from(intent.amount).map_err(super::failed)?)
    .bind(lease.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// What a key stands for. One statement sees the intent or the order that it became, and never neither.
pub(super) async fn recall(pool: &PgPool, keyed: &KeyedWish) -> Result<Noted, sqlx::Error> {
    let used = sqlx::query(
        "SELECT k.wish = $2 AS same, o.document, \
         coalesce(NOT i.abandoned AND i.lease_until > now(), false) AS at_work FROM idempotency_keys k \
         LEFT JOIN payment_intents i ON i.order_id = k.order_id \
         LEFT JOIN orders o ON o.order_id = k.order_id WHERE k.key = $1",
    )
    .bind(&keyed.key)
    .bind(Json(&keyed.wish))
    .fetch_optional(pool)
    .await?;
    let Some(used) = used else {
        return Ok(Noted::Intent);
    };
    if !used.try_get::<bool, _>("same")? {
        return Ok(Noted::OtherWish);
    }
    if let Some(Json(order)) = used.try_get::<Option<Json<Order>>, _>("document")? {
        return Ok(Noted::OrderedBefore(Box::new(order)));
    }
    let at_work: bool = used.try_get("at_work")?;
    Ok(if at_work { Noted::UnderWay } else { Noted::Intent })
}

/// What comes of a key that was used before: its order, or `intent` in place of an attempt that came to nothing.
pub(super) async fn note_again(
    pool: &PgPool,
    intent: &Intent,
    keyed: &KeyedWish,
    lease: Duration,
) -> Result<Noted, StoreError> {
    let mut transaction = fdp_kit::database::begin(pool).await?;
    if let Some(answer) = answer(&mut transaction, keyed, intent).await? {
        return Ok(answer);
    }
    note(&mut *transaction, intent, lease).await?;
    transaction.commit().await?;
    Ok(Noted::Intent)
}

/// Ties the key to the new intent, or says why not.
async fn answer(
    transaction: &mut Transaction<'_, Postgres>,
    keyed: &KeyedWish,
    intent: &Intent,
) -> Result<Option<Noted>, sqlx::Error> {
    let used =
        sqlx::query("SELECT order_id, wish = $2 AS same FROM idempotency_keys WHERE key = $1 FOR UPDATE")
            .bind(&keyed.key)
            .bind(Json(&keyed.wish))
            .fetch_optional(&mut **transaction)
            .await?;
    let Some(used) = used else {
        // It was forgotten in this moment, because it was so old. Whoever asks again begins anew.
        return Ok(Some(Noted::UnderWay));
    };
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
        .bind(intent.order_id.uuid())
        .execute(&mut **transaction)
        .await?;
    Ok(None)
}
