//! Payment intents in PostgreSQL.

use crate::adapters::storage::postgres::errors::failed;
use crate::application::ports::{PaymentIntent, RepositoryError};
use std::time::Duration;

/// Inserts an intent, on a connection or in a transaction.
pub(super) async fn insert(
    executor: impl sqlx::PgExecutor<'_>,
    intent: &PaymentIntent,
    lease: Duration,
) -> Result<(), RepositoryError> {
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
