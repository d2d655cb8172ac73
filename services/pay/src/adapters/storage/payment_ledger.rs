//! Payments in PostgreSQL: changes are committed with their events, reads are plain queries.

use crate::adapters::storage::payment_table::{PaymentTable, unwanted};
use crate::adapters::storage::shown_payments as shown;
use crate::application::ports::{PaymentQueries, ShownPayment};
use crate::domain::Payment;
use async_trait::async_trait;
use fdp_contracts::{Event, OrderId, PaymentId, PaymentState};
use fdp_runtime::trace;
use fdp_storage::RepositoryError;
use fdp_storage::ledger::{Change, Decide, Decided, Ledger, LedgerError, PgLedger};
use fdp_storage::outbox::Outbox;
use fdp_storage::rows::number;
use sqlx::PgPool;

const INSERT_WITH_EVENT: &str = "\
    WITH added AS ( \
        INSERT INTO payments (order_id, payment_id, customer_id, amount, state, changed_at) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id) DO NOTHING RETURNING order_id) \
    INSERT INTO outbox (event_id, topic, key, payload) \
    SELECT $7::uuid, $8::text, $9::text, $10::json FROM added";

/// The same for the record that an order is never to be paid, which may have a payment at a provider already.
const INSERT_VOIDED_WITH_EVENT: &str = concat!(
    "WITH given AS (SELECT $1::uuid AS order_id, $5::text AS state), added AS ( \
        INSERT INTO payments (order_id, payment_id, customer_id, amount, state, changed_at) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id) DO NOTHING RETURNING order_id), ",
    unwanted!(),
    "INSERT INTO outbox (event_id, topic, key, payload) \
     SELECT $7::uuid, $8::text, $9::text, $10::json FROM added"
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

    /// Inserts an order's first payment and its event in one statement, which is a transaction of its own. Returns
    /// false if there is a payment already.
    async fn insert_with_event(&self, payment: &Payment, event: &Event) -> Result<bool, LedgerError> {
        let row = self.ledger.outbox().row(event.clone(), trace::current_header())?;
        let insert = if payment.state == PaymentState::Approved {
            INSERT_WITH_EVENT
        } else {
            INSERT_VOIDED_WITH_EVENT
        };
        let inserted = sqlx::query(insert)
            .bind(payment.order_id.uuid())
            .bind(payment.payment_id.uuid())
            .bind(&payment.customer_id)
            .bind(number(payment.amount)?)
            .bind(payment.state.name())
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
    async fn find_by_id(&self, payment_id: PaymentId) -> Result<Option<ShownPayment>, RepositoryError> {
        Ok(shown::find_by_id(self.ledger.pool(), payment_id).await?)
    }

    async fn newest(
        &self,
        order_id: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<ShownPayment>, RepositoryError> {
        Ok(shown::newest(self.ledger.pool(), order_id, limit).await?)
    }
}
