//! Payments in PostgreSQL: changes are committed with their events, reads are plain queries.

use crate::adapters::storage::payment_table::PaymentTable;
use crate::adapters::storage::rows::{amount_column, columns, payment_from_row, state_name};
use crate::application::ports::{PaymentQueries, QueryError};
use crate::domain::Payment;
use async_trait::async_trait;
use fdp_contracts::{Event, OrderId, PaymentId};
use fdp_kit::ledger::{Change, Decide, Decided, Ledger, LedgerError, PgLedger};
use fdp_kit::outbox::Outbox;
use fdp_kit::trace;
use sqlx::PgPool;

const INSERT_WITH_EVENT: &str = "\
    WITH added AS ( \
        INSERT INTO payments (order_id, payment_id, customer_id, amount, state, changed_at) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id) DO NOTHING RETURNING order_id) \
    INSERT INTO outbox (event_id, topic, key, payload) \
    SELECT $7::uuid, $8::text, $9::text, $10::json FROM added";

const FIND_BY_ID: &str = concat!("SELECT ", columns!(), " FROM payments WHERE payment_id = $1");

const NEWEST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM payments WHERE ($1::uuid IS NULL OR order_id = $1) ORDER BY payment_id DESC LIMIT $2"
);

/// Payments in PostgreSQL. Each change is committed together with its event.
#[derive(Debug, Clone)]
pub struct PgPayments {
    ledger: PgLedger<PaymentTable>,
}

impl PgPayments {
    /// Payments in the database of `pool`, whose events go to `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox) -> Self {
        Self {
            ledger: PgLedger::new(pool, outbox),
        }
    }

    /// Inserts an order's first payment and its event in one statement, which is a transaction of its own. Returns false
    /// if there is a payment already.
    async fn insert_with_event(&self, payment: &Payment, event: &Event) -> Result<bool, LedgerError> {
        let row = self.ledger.outbox().row(event.clone(), trace::current_header())?;
        let inserted = sqlx::query(INSERT_WITH_EVENT)
            .bind(payment.order_id.uuid())
            .bind(payment.payment_id.uuid())
            .bind(&payment.customer_id)
            .bind(amount_column(payment)?)
            .bind(state_name(payment.state))
            .bind(payment.changed_at)
            .bind(row.event_id())
            .bind(row.topic())
            .bind(row.key())
            .bind(row.payload())
            .execute(self.ledger.pool())
            .await?;
        Ok(inserted.rows_affected() == 1)
    }
}

#[async_trait]
impl Ledger<Payment> for PgPayments {
    /// Most changes create the payment of a new order: those need one statement and no lock.
    async fn change(
        &self,
        order_id: OrderId,
        decide: Decide<'_, Payment>,
    ) -> Result<Decided<Payment>, LedgerError> {
        if let Some(Change { aggregate, events }) = decide(None)
            && let [event] = events.as_slice()
            && self.insert_with_event(&aggregate, event).await?
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
impl PaymentQueries for PgPayments {
    async fn find_by_id(&self, payment_id: PaymentId) -> Result<Option<Payment>, QueryError> {
        let found = sqlx::query(FIND_BY_ID)
            .bind(payment_id.uuid())
            .fetch_optional(self.ledger.pool())
            .await?;
        Ok(found.as_ref().map(payment_from_row).transpose()?)
    }

    async fn newest(&self, order_id: Option<OrderId>, limit: u32) -> Result<Vec<Payment>, QueryError> {
        let found = sqlx::query(NEWEST)
            .bind(order_id.map(OrderId::uuid))
            .bind(i64::from(limit))
            .fetch_all(self.ledger.pool())
            .await?;
        Ok(found.iter().map(payment_from_row).collect::<Result<_, _>>()?)
    }
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}
