//! Claims of payments at a provider: one replica at a time works on each, until its lease is over.

use crate::adapters::storage::provider_rows::{columns, provider_payment};
use crate::application::ports::Claimed;
use fdp_contracts::OrderId;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use std::time::Duration;

/// Claims the rows of `due`: from now on the provider may be called, so that the next one has to ask it what there is,
/// unless this claim is recorded. Returns them as they were.
macro_rules! claim {
    ($due:literal) => {
        concat!(
            "WITH due AS (SELECT d.order_id, d.in_doubt AS was_in_doubt, \
                 coalesce(l.state IN ('Voided', 'Refunded'), false) AS was_reversed \
                 FROM provider_payments d LEFT JOIN payments l ON l.order_id = d.order_id WHERE ",
            $due,
            " FOR UPDATE OF d SKIP LOCKED) \
             UPDATE provider_payments p SET claims = p.claims + 1, in_doubt = true, \
                 lease_until = now() + make_interval(secs => $2), \
                 next_attempt_at = now() + make_interval(secs => $2), \
                 wanted = CASE WHEN due.was_reversed THEN 'Nothing' ELSE p.wanted END \
             FROM due WHERE p.order_id = due.order_id RETURNING due.was_in_doubt, p.claims, ",
            columns!()
        )
    };
}

const CLAIM: &str = claim!("d.order_id = $1 AND (d.lease_until IS NULL OR d.lease_until <= now())");

const CLAIM_DUE: &str = claim!(
    "d.next_attempt_at <= now() AND (d.lease_until IS NULL OR d.lease_until <= now()) AND d.provider = $3 \
     ORDER BY d.next_attempt_at LIMIT $1"
);

/// Claims the payment of one order.
pub(super) async fn claim(
    pool: &PgPool,
    order_id: OrderId,
    lease: Duration,
) -> Result<Option<Claimed>, sqlx::Error> {
    sqlx::query(CLAIM)
        .bind(order_id.uuid())
        .bind(lease.as_secs_f64())
        .try_map(|row| claimed(&row))
        .fetch_optional(pool)
        .await
}

/// Claims payments whose next step is due.
pub(super) async fn claim_due(
    pool: &PgPool,
    provider: &str,
    limit: u32,
    lease: Duration,
) -> Result<Vec<Claimed>, sqlx::Error> {
    sqlx::query(CLAIM_DUE)
        .bind(i64::from(limit))
        .bind(lease.as_secs_f64())
        .bind(provider)
        .try_map(|row| claimed(&row))
        .fetch_all(pool)
        .await
}

fn claimed(row: &PgRow) -> Result<Claimed, sqlx::Error> {
    let mut payment = provider_payment(row)?;
    payment.in_doubt = row.try_get("was_in_doubt")?;
    Ok(Claimed {
        payment,
        claim: row.try_get("claims")?,
    })
}

/// Notes that something may have happened at the provider.
pub(super) async fn hint(pool: &PgPool, order_id: OrderId) -> Result<bool, sqlx::Error> {
    let hinted = sqlx::query(
        "UPDATE provider_payments SET in_doubt = true, next_attempt_at = now() WHERE order_id = $1",
    )
    .bind(order_id.uuid())
    .execute(pool)
    .await?;
    Ok(hinted.rows_affected() == 1)
}

/// Notes that these orders were accepted by their stores, so that their money is to be taken.
pub(crate) async fn capture(connection: &mut PgConnection, order_ids: &[OrderId]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE provider_payments SET wanted = 'Captured', next_attempt_at = now() \
         WHERE order_id = ANY($1) AND wanted = 'Authorized'",
    )
    .bind(
        order_ids
            .iter()
            .map(|order_id| order_id.uuid())
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await
    .map(drop)
}
