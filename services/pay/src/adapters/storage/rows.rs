//! How a payment is stored in the columns of its row.

use crate::domain::Payment;
use fdp_contracts::PaymentState;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// The columns of a payment. Never `*`: a replica caches the result type of a prepared statement, and a column that a
/// later version adds would break it.
macro_rules! columns {
    () => {
        "order_id, payment_id, customer_id, amount, state, changed_at"
    };
}
pub(super) use columns;

/// The amount as the database stores it.
pub(super) fn amount_column(payment: &Payment) -> Result<i64, sqlx::Error> {
    i64::try_from(payment.amount).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// Reads a payment from the columns of [`columns`].
pub(super) fn payment_from_row(row: &PgRow) -> Result<Payment, sqlx::Error> {
    let amount: i64 = row.try_get("amount")?;
    Ok(Payment {
        payment_id: row.try_get::<Uuid, _>("payment_id")?.into(),
        order_id: row.try_get::<Uuid, _>("order_id")?.into(),
        customer_id: row.try_get("customer_id")?,
        amount: u64::try_from(amount).map_err(|error| sqlx::Error::Decode(error.into()))?,
        state: parse_state(row.try_get("state")?)?,
        changed_at: row.try_get("changed_at")?,
    })
}

/// The state as the database stores it.
pub(super) fn state_name(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Approved => "Approved",
        PaymentState::Refunded => "Refunded",
        PaymentState::Voided => "Voided",
    }
}

fn parse_state(name: &str) -> Result<PaymentState, sqlx::Error> {
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
    fn every_state_is_parsed_back_from_its_stored_name() {
        for state in [
            PaymentState::Approved,
            PaymentState::Refunded,
            PaymentState::Voided,
        ] {
            assert_eq!(parse_state(state_name(state)).unwrap(), state);
        }
        assert!(parse_state("Lost").is_err());
    }
}
