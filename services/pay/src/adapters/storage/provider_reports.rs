//! What metrics and the reconciliation read of payments at a provider.

use crate::adapters::storage::provider_rows::{columns, provider_payment};
use crate::application::ports::Booked;
use crate::domain::provider_payment::Wanted;
use chrono::{DateTime, Utc};
use fdp_contracts::PaymentState;
use fdp_storage::rows::{decoded, unsigned};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

/// The states that the metric shows, each with the rows that are counted. All of them are in one of the partial indexes:
/// nothing here looks at payments that are at rest.
const STATES: [(&str, &str); 8] = [
    ("asked", "standing = 'Asked'"),
    ("awaiting-customer", "standing = 'AwaitingCustomer'"),
    ("authorized", "standing = 'Authorized'"),
    (
        "authorization-expiring",
        "standing = 'Authorized' AND capture_before < now() + interval '1 day'",
    ),
    (
        "capture-pending",
        "standing = 'Authorized' AND wanted = 'Captured'",
    ),
    (
        "cancel-pending",
        "standing IN ('Asked', 'AwaitingCustomer', 'Authorized') AND wanted = 'Nothing'",
    ),
    (
        "refund-pending",
        "next_attempt_at IS NOT NULL AND standing = 'Captured' AND (refunding > 0 OR failed_refunds = 0) \
         AND captured - refunded > CASE wanted WHEN 'Nothing' THEN 0 ELSE keep END",
    ),
    (
        "refund-failed",
        "next_attempt_at IS NOT NULL AND standing = 'Captured' AND refunding = 0 AND failed_refunds > 0 \
         AND captured - refunded > CASE wanted WHEN 'Nothing' THEN 0 ELSE keep END",
    ),
];

/// How many payments are in each state.
pub(super) async fn counts(pool: &PgPool) -> Result<Vec<(&'static str, u64)>, sqlx::Error> {
    let mut counts = Vec::new();
    for (state, which) in STATES {
        let query = format!("SELECT count(*) AS found FROM provider_payments WHERE {which}");
        let found = sqlx::query(sqlx::AssertSqlSafe(query))
            .try_map(|row: PgRow| unsigned(&row, "found"))
            .fetch_one(pool)
            .await?;
        counts.push((state, found));
    }
    Ok(counts)
}

/// What is booked of the payments that were opened since `since`.
pub(super) async fn booked_since(pool: &PgPool, since: DateTime<Utc>) -> Result<Vec<Booked>, sqlx::Error> {
    sqlx::query(concat!(
        "SELECT l.state AS ledger, p.next_attempt_at IS NOT NULL AS is_moving, p.created_at, p.changed_at, ",
        columns!(),
        " FROM provider_payments p LEFT JOIN payments l ON l.order_id = p.order_id WHERE p.created_at >= $1 ORDER BY p.created_at"
    ))
    .bind(since)
    .try_map(|row| booked(&row))
    .fetch_all(pool)
    .await
}

fn booked(row: &PgRow) -> Result<Booked, sqlx::Error> {
    let payment = provider_payment(row)?;
    let ledger: Option<&str> = row.try_get("ledger")?;
    Ok(Booked {
        order_id: payment.order_id,
        ledger: ledger
            .map(|state| decoded(state.parse::<PaymentState>()))
            .transpose()?,
        amount: payment.amount,
        wanted: match payment.wanted {
            Wanted::Authorized => payment.amount,
            Wanted::Captured { keep } => keep,
            Wanted::Nothing => 0,
        },
        standing: payment.standing.name(),
        is_moving: row.try_get("is_moving")?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}
