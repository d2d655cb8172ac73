//! Payments in PostgreSQL.

use crate::domain::Payment;
use fdp_contracts::{OrderId, PaymentId, PaymentState};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgExecutor, Row};

const NEWEST: &str = "SELECT * FROM payments WHERE ($1::uuid IS NULL OR order_id = $1) \
                      ORDER BY payment_id DESC LIMIT $2";

/// The order's payment, locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(connection: &mut PgConnection, order_id: OrderId) -> Result<Option<Payment>, sqlx::Error> {
    sqlx::query("SELECT * FROM payments WHERE order_id = $1 FOR UPDATE")
        .bind(order_id.uuid())
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Adds a payment; false when the order has one by now.
///
/// # Errors
/// When the database fails.
pub async fn insert(connection: &mut PgConnection, payment: &Payment) -> Result<bool, sqlx::Error> {
    let added = sqlx::query(
        "INSERT INTO payments (order_id, payment_id, customer_id, amount, state, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(payment.order_id.uuid())
    .bind(payment.payment_id.uuid())
    .bind(&payment.customer_id)
    .bind(i64::try_from(payment.amount).map_err(|error| sqlx::Error::Encode(error.into()))?)
    .bind(state_name(payment.state))
    .bind(payment.changed_at)
    .execute(connection)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Writes the new state of a locked payment.
///
/// # Errors
/// When the database fails.
pub async fn update(connection: &mut PgConnection, payment: &Payment) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE payments SET state = $2, changed_at = $3 WHERE order_id = $1")
        .bind(payment.order_id.uuid())
        .bind(state_name(payment.state))
        .bind(payment.changed_at)
        .execute(connection)
        .await?;
    Ok(())
}

/// The payment of that id.
///
/// # Errors
/// When the database fails.
pub async fn find(
    executor: impl PgExecutor<'_>,
    payment_id: PaymentId,
) -> Result<Option<Payment>, sqlx::Error> {
    sqlx::query("SELECT * FROM payments WHERE payment_id = $1")
        .bind(payment_id.uuid())
        .fetch_optional(executor)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The newest payments, of one order or of all.
///
/// # Errors
/// When the database fails.
pub async fn newest(
    executor: impl PgExecutor<'_>,
    order_id: Option<OrderId>,
    limit: u32,
) -> Result<Vec<Payment>, sqlx::Error> {
    sqlx::query(NEWEST)
        .bind(order_id.map(OrderId::uuid))
        .bind(i64::from(limit))
        .fetch_all(executor)
        .await?
        .iter()
        .map(read)
        .collect()
}

fn read(row: &PgRow) -> Result<Payment, sqlx::Error> {
    let amount: i64 = row.try_get("amount")?;
    Ok(Payment {
        payment_id: row.try_get::<uuid::Uuid, _>("payment_id")?.into(),
        order_id: row.try_get::<uuid::Uuid, _>("order_id")?.into(),
        customer_id: row.try_get("customer_id")?,
        amount: u64::try_from(amount).map_err(|error| sqlx::Error::Decode(error.into()))?,
        state: read_state(row.try_get("state")?)?,
        changed_at: row.try_get("changed_at")?,
    })
}

fn state_name(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Approved => "Approved",
        PaymentState::Refunded => "Refunded",
        PaymentState::Voided => "Voided",
    }
}

fn read_state(name: &str) -> Result<PaymentState, sqlx::Error> {
    match name {
        "Approved" => Ok(PaymentState::Approved),
        "Refunded" => Ok(PaymentState::Refunded),
        "Voided" => Ok(PaymentState::Voided),
        other => Err(sqlx::Error::Decode(
            format!("'{other}' is no state of a payment").into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back_as_it_was_written() {
        for state in [
            PaymentState::Approved,
            PaymentState::Refunded,
            PaymentState::Voided,
        ] {
            assert_eq!(read_state(state_name(state)).unwrap(), state);
        }
        assert!(read_state("Lost").is_err());
    }
}
