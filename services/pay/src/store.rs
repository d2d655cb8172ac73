//! Payments in PostgreSQL.

use crate::domain::Payment;
use async_trait::async_trait;
use fdp_contracts::{Event, OrderId, PaymentId, PaymentState};
use fdp_kit::ledger::{Change, Decide, Decided, Ledger, LedgerError, PgLedger, Table};
use fdp_kit::outbox::Outbox;
use fdp_kit::trace;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

const ADD_WITH_EVENT: &str = "\
    WITH added AS ( \
        INSERT INTO payments (order_id, payment_id, customer_id, amount, state, changed_at) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id) DO NOTHING RETURNING order_id) \
    INSERT INTO outbox (event_id, topic, key, payload) \
    SELECT $7::uuid, $8::text, $9::text, $10::json FROM added";

const ADD: &str = "\
    INSERT INTO payments (order_id, payment_id, customer_id, amount, state, changed_at) \
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[]) \
    ON CONFLICT (order_id) DO NOTHING";

const UPDATE: &str = "\
    UPDATE payments SET state = changed.state, changed_at = changed.changed_at \
    FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS changed (order_id, state, changed_at) \
    WHERE payments.order_id = changed.order_id";

/// What is read of a payment. Never `*`: a replica remembers what a statement gives, and a column that a later version
/// adds would break it.
macro_rules! columns {
    () => {
        "order_id, payment_id, customer_id, amount, state, changed_at"
    };
}

const NEWEST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM payments WHERE ($1::uuid IS NULL OR order_id = $1) ORDER BY payment_id DESC LIMIT $2"
);

/// How payments lie in their table.
#[derive(Debug)]
pub struct PaymentTable;

/// Payments, the changes of each in one transaction with its event.
#[derive(Debug, Clone)]
pub struct PgPayments {
    ledger: PgLedger<PaymentTable>,
}

impl PgPayments {
    /// Payments in the database of `pool`, announced through `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox) -> Self {
        Self {
            ledger: PgLedger::new(pool, outbox),
        }
    }

    /// The payment of that id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_id(&self, payment_id: PaymentId) -> Result<Option<Payment>, sqlx::Error> {
        sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM payments WHERE payment_id = $1"
        ))
        .bind(payment_id.uuid())
        .fetch_optional(self.ledger.pool())
        .await?
        .as_ref()
        .map(read)
        .transpose()
    }

    /// The newest payments, of one order or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest(&self, order_id: Option<OrderId>, limit: u32) -> Result<Vec<Payment>, sqlx::Error> {
        sqlx::query(NEWEST)
            .bind(order_id.map(OrderId::uuid))
            .bind(i64::from(limit))
            .fetch_all(self.ledger.pool())
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// Adds an order's first payment and its event in one statement, which is a transaction of its own; false when
    /// there is a payment already.
    async fn add(&self, payment: &Payment, event: &Event) -> Result<bool, LedgerError> {
        let row = self.ledger.outbox().row(event.clone(), trace::current_header())?;
        let added = sqlx::query(ADD_WITH_EVENT)
            .bind(payment.order_id.uuid())
            .bind(payment.payment_id.uuid())
            .bind(&payment.customer_id)
            .bind(amount(payment)?)
            .bind(state_name(payment.state))
            .bind(payment.changed_at)
            .bind(row.event_id())
            .bind(row.topic())
            .bind(row.key())
            .bind(row.payload())
            .execute(self.ledger.pool())
            .await?;
        Ok(added.rows_affected() == 1)
    }
}

#[async_trait]
impl Ledger<Payment> for PgPayments {
    /// Most changes are an order's first: those cost one statement, and nobody waits for a lock.
    async fn change(
        &self,
        order_id: OrderId,
        decide: Decide<'_, Payment>,
    ) -> Result<Decided<Payment>, LedgerError> {
        if let Some(Change { aggregate, events }) = decide(None)
            && let [event] = events.as_slice()
            && self.add(&aggregate, event).await?
        {
            self.ledger.outbox().wake();
            return Ok(Decided {
                aggregate: Some(aggregate),
                changed: true,
            });
        }
        self.ledger.change(order_id, decide).await
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Payment>, LedgerError> {
        self.ledger.find(order_id).await
    }
}

#[async_trait]
impl Table for PaymentTable {
    type Aggregate = Payment;

    fn order_id(payment: &Payment) -> OrderId {
        payment.order_id
    }

    async fn lock(connection: &mut PgConnection, order_ids: &[OrderId]) -> Result<Vec<Payment>, sqlx::Error> {
        let order_ids: Vec<Uuid> = order_ids.iter().map(|order_id| order_id.uuid()).collect();
        sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM payments WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE"
        ))
        .bind(order_ids)
        .fetch_all(connection)
        .await?
        .iter()
        .map(read)
        .collect()
    }

    async fn insert(connection: &mut PgConnection, payments: &[&Payment]) -> Result<u64, sqlx::Error> {
        let amounts = payments
            .iter()
            .map(|payment| amount(payment))
            .collect::<Result<Vec<i64>, _>>()?;
        let added = sqlx::query(ADD)
            .bind(column(payments, |payment| payment.order_id.uuid()))
            .bind(column(payments, |payment| payment.payment_id.uuid()))
            .bind(column(payments, |payment| payment.customer_id.clone()))
            .bind(amounts)
            .bind(column(payments, |payment| state_name(payment.state)))
            .bind(column(payments, |payment| payment.changed_at))
            .execute(connection)
            .await?;
        Ok(added.rows_affected())
    }

    async fn update(connection: &mut PgConnection, payments: &[&Payment]) -> Result<(), sqlx::Error> {
        sqlx::query(UPDATE)
            .bind(column(payments, |payment| payment.order_id.uuid()))
            .bind(column(payments, |payment| state_name(payment.state)))
            .bind(column(payments, |payment| payment.changed_at))
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Payment>, sqlx::Error> {
        sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM payments WHERE order_id = $1"
        ))
        .bind(order_id.uuid())
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(read)
        .transpose()
    }
}

fn column<T>(payments: &[&Payment], value: impl Fn(&Payment) -> T) -> Vec<T> {
    payments.iter().map(|payment| value(payment)).collect()
}

fn amount(payment: &Payment) -> Result<i64, sqlx::Error> {
    i64::try_from(payment.amount).map_err(|error| sqlx::Error::Encode(error.into()))
}

fn read(row: &PgRow) -> Result<Payment, sqlx::Error> {
    let amount: i64 = row.try_get("amount")?;
    Ok(Payment {
        payment_id: row.try_get::<Uuid, _>("payment_id")?.into(),
        order_id: row.try_get::<Uuid, _>("order_id")?.into(),
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
