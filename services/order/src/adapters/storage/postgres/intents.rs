//! Payment intents in PostgreSQL, each with its recipient, and those among them that wait for their customer to pay.

use crate::adapters::storage::postgres::errors::failed;
use crate::adapters::storage::postgres::recipients::bind_recipient;
use crate::application::ports::{ClaimedIntent, PaymentIntent, RepositoryError, WaitOutcome};
use crate::domain::{AwaitingOrder, Unpaid};
use fdp_contracts::OrderId;
use sqlx::Row as _;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::types::{Json, Uuid};
use std::time::Duration;

const INSERT: &str = "INSERT INTO payment_intents (order_id, customer_id, amount, lease_until) \
    VALUES ($1, $2, $3, now() + make_interval(secs => $4))";

const INSERT_WITH_RECIPIENT: &str = "WITH recipient AS ( \
        INSERT INTO recipients (order_id, name, address, phone, note) VALUES ($1, $5, $6, $7, $8)) \
    INSERT INTO payment_intents (order_id, customer_id, amount, lease_until) \
    VALUES ($1, $2, $3, now() + make_interval(secs => $4))";

/// Inserts an intent, on a connection or in a transaction.
pub(super) async fn insert(
    executor: impl sqlx::PgExecutor<'_>,
    intent: &PaymentIntent,
    lease: Duration,
) -> Result<(), RepositoryError> {
    let recipient = intent.recipient.as_ref();
    let insert = sqlx::query(recipient.map_or(INSERT, |_| INSERT_WITH_RECIPIENT))
        .bind(intent.order_id.uuid())
        .bind(&intent.customer_id)
        .bind(i64::try_from(intent.amount).map_err(failed)?)
        .bind(lease.as_secs_f64());
    bind_recipient(insert, recipient).execute(executor).await?;
    Ok(())
}

/// Deletes an intent and its recipient; nothing if it has become an order.
pub(super) async fn delete(
    executor: impl sqlx::PgExecutor<'_>,
    order_id: OrderId,
) -> Result<(), RepositoryError> {
    sqlx::query(
        "WITH gone AS (DELETE FROM payment_intents WHERE order_id = $1 RETURNING order_id) \
         DELETE FROM recipients USING gone WHERE recipients.order_id = gone.order_id",
    )
    .bind(order_id.uuid())
    .execute(executor)
    .await?;
    Ok(())
}

/// Records that an intent waits for its customer. If another transaction is changing the intent, the statement waits for it
/// and then finds what has become of the intent.
pub(super) async fn await_payment(
    pool: &PgPool,
    awaiting: &AwaitingOrder,
    lease: Duration,
) -> Result<WaitOutcome, sqlx::Error> {
    let order_id = awaiting.order_id();
    let waits = sqlx::query(
        "UPDATE payment_intents SET awaiting = $2, lease_until = now() + make_interval(secs => $3) \
         WHERE order_id = $1 AND NOT abandoned AND NOT told_paid",
    )
    .bind(order_id.uuid())
    .bind(Json(awaiting))
    .bind(lease.as_secs_f64())
    .execute(pool)
    .await?;
    if waits.rows_affected() == 1 {
        return Ok(WaitOutcome::Waiting);
    }
    let unpaid = find(pool, order_id).await?;
    Ok(match unpaid {
        Some(unpaid) if !unpaid.abandoned => WaitOutcome::Paid,
        _ => WaitOutcome::GivenUp,
    })
}

/// The intent of an order, if there is one.
pub(super) async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Unpaid>, sqlx::Error> {
    sqlx::query("SELECT awaiting, told_paid, abandoned, voided FROM payment_intents WHERE order_id = $1")
        .bind(order_id.uuid())
        .try_map(|row| unpaid(&row))
        .fetch_optional(pool)
        .await
}

/// An intent as it is stored.
pub(super) fn unpaid(row: &PgRow) -> Result<Unpaid, sqlx::Error> {
    let awaiting: Option<Json<AwaitingOrder>> = row.try_get("awaiting")?;
    Ok(Unpaid {
        awaiting: awaiting.map(|Json(awaiting)| awaiting),
        told_paid: row.try_get("told_paid")?,
        abandoned: row.try_get("abandoned")?,
        voided: row.try_get("voided")?,
    })
}

/// Abandons an intent whose payment is not voided yet; returns false if there is none.
pub(super) async fn abandon(pool: &PgPool, order_id: OrderId) -> Result<bool, sqlx::Error> {
    let abandoned = sqlx::query(
        "UPDATE payment_intents SET abandoned = true, lease_until = now() WHERE order_id = $1 AND NOT voided",
    )
    .bind(order_id.uuid())
    .execute(pool)
    .await?;
    Ok(abandoned.rows_affected() == 1)
}

/// Leases intents whose lease has ended, and abandons those that do not wait for their customer.
pub(super) async fn claim(
    pool: &PgPool,
    most: u32,
    lease: Duration,
) -> Result<Vec<ClaimedIntent>, sqlx::Error> {
    sqlx::query(
        "UPDATE payment_intents SET abandoned = abandoned OR awaiting IS NULL, \
         lease_until = now() + make_interval(secs => $2) \
         WHERE order_id IN (SELECT order_id FROM payment_intents WHERE lease_until <= now() AND NOT voided \
                            ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED) \
         RETURNING order_id, abandoned, awaiting",
    )
    .bind(i64::from(most))
    .bind(lease.as_secs_f64())
    .try_map(|row: PgRow| {
        let awaiting: Option<Json<AwaitingOrder>> = row.try_get("awaiting")?;
        Ok(match awaiting {
            Some(Json(awaiting)) if !row.try_get("abandoned")? => ClaimedIntent::Overdue(Box::new(awaiting)),
            _ => ClaimedIntent::GivenUp(OrderId::from(row.try_get::<Uuid, _>("order_id")?)),
        })
    })
    .fetch_all(pool)
    .await
}

/// Keeps a voided intent that waited for its customer, without its recipient, and deletes any other.
pub(super) async fn settle(pool: &PgPool, order_id: OrderId, kept: Duration) -> Result<(), RepositoryError> {
    let awaited = sqlx::query(
        "WITH awaited AS ( \
             UPDATE payment_intents SET voided = true, lease_until = now() + make_interval(secs => $2) \
             WHERE order_id = $1 AND awaiting IS NOT NULL RETURNING order_id), \
         recipient AS (DELETE FROM recipients USING awaited WHERE recipients.order_id = awaited.order_id) \
         SELECT order_id FROM awaited",
    )
    .bind(order_id.uuid())
    .bind(kept.as_secs_f64())
    .fetch_optional(pool)
    .await?;
    match awaited {
        Some(_) => Ok(()),
        None => delete(pool, order_id).await,
    }
}

/// Deletes the voided intents that need not be kept any longer.
pub(super) async fn forget_voided(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM payment_intents WHERE voided AND lease_until <= now()")
        .execute(pool)
        .await?;
    Ok(())
}
