//! How a payment is stored in the columns of its row.

use crate::domain::Payment;
use fdp_storage::rows::{parsed, unsigned};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// A query of payments. Never `*`: a replica caches the result type of a prepared statement, and a column that a later
/// version adds would break it.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT order_id, payment_id, customer_id, amount, state, changed_at FROM payments ",
            $which
        )
    };
}
pub(super) use select;

/// The payment in a row.
pub(super) fn payment(row: &PgRow) -> Result<Payment, sqlx::Error> {
    Ok(Payment {
        payment_id: row.try_get::<Uuid, _>("payment_id")?.into(),
        order_id: row.try_get::<Uuid, _>("order_id")?.into(),
        customer_id: row.try_get("customer_id")?,
        amount: unsigned(row, "amount")?,
        state: parsed(row, "state")?,
        changed_at: row.try_get("changed_at")?,
    })
}
