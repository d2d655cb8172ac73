//! Payments at a provider in PostgreSQL: claimed with a lease, and recorded together with the ledger's payment.

use crate::adapters::storage::payment_table::PaymentTable;
use crate::adapters::storage::provider_claims as claims;
use crate::adapters::storage::provider_reports as reports;
use crate::adapters::storage::provider_rows::{StandingColumns, columns, provider_payment};
use crate::application::ports::{Booked, Claimed, Decision, ProviderPaymentRepository, Recorded};
use crate::domain::provider_payment::{ProviderPayment, Step, Wanted};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::OrderId;
use fdp_storage::ledger::Table as _;
use fdp_storage::rows::number;
use fdp_storage::{Outbox, RepositoryError, database};
use sqlx::{PgConnection, PgPool};
use std::time::Duration;

const OPEN: &str = "\
    INSERT INTO provider_payments (order_id, payment_id, provider, customer_id, amount, return_path, expires_at, \
        wanted, keep, standing, in_doubt, next_attempt_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'Authorized', $5, 'Asked', true, now()) ON CONFLICT (order_id) DO NOTHING";

const FIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM provider_payments p WHERE p.order_id = $1"
);

// What has set `next_attempt_at` before the end of the lease was a hint, or a change of what is wanted: it stays.
const RECORD: &str = "\
    UPDATE provider_payments SET \
        wanted = CASE WHEN $3 THEN 'Nothing' ELSE wanted END, \
        standing = $4, \
        in_doubt = $5 OR next_attempt_at < lease_until, \
        session = $6, reference = $7, page_url = $8, page_expires_at = $9, capture_before = $10, \
        captured = $11, refunded = $12, refunding = $13, failed_refunds = $14, \
        refusals = $15, unanswered = $16, last_error = $17, changed_at = now(), \
        next_attempt_at = CASE WHEN $3 OR next_attempt_at < lease_until THEN now() \
            ELSE now() + make_interval(secs => $18) END, \
        lease_until = NULL \
    WHERE order_id = $1 AND claims = $2";

/// Payments at a provider, in PostgreSQL.
#[derive(Debug, Clone)]
pub struct PgProviderPayments {
    pool: PgPool,
    outbox: Outbox,
    provider: &'static str,
}

impl PgProviderPayments {
    /// Payments at `provider` in the database of `pool`; the ledger's events go to `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox, provider: &'static str) -> Self {
        Self {
            pool,
            outbox,
            provider,
        }
    }

    /// One attempt to record; `None` when another transaction has inserted the ledger's payment meanwhile.
    async fn attempt(
        &self,
        claimed: &Claimed,
        due_after: Option<Duration>,
        decide: Decision<'_>,
    ) -> Result<Option<Recorded>, sqlx::Error> {
        let mut transaction = database::begin(&self.pool).await?;
        let mut recorded = Recorded::Stored;
        // The ledger's row is locked before this table's, as voids and refunds do.
        if claimed.payment.standing.is_paid() && claimed.payment.wanted != Wanted::Nothing {
            let order_id = claimed.payment.order_id;
            let present = PaymentTable::lock(&mut transaction, &[order_id]).await?;
            match decide(present.first()) {
                Ok(None) => {}
                Ok(Some(approved)) => {
                    if PaymentTable::insert(&mut transaction, &[&approved]).await? == 0 {
                        return Ok(None);
                    }
                    self.outbox
                        .append(&mut transaction, vec![approved.event()])
                        .await?;
                    recorded = Recorded::Approved;
                }
                Err(_) => recorded = Recorded::GivenUp,
            }
        }
        if !write(&mut transaction, claimed, due_after, recorded).await? {
            return Ok(Some(Recorded::ClaimLost));
        }
        transaction.commit().await?;
        if recorded == Recorded::Approved {
            self.outbox.wake();
        }
        Ok(Some(recorded))
    }
}

/// Writes what was learned; false if the claim is lost.
async fn write(
    connection: &mut PgConnection,
    claimed: &Claimed,
    due_after: Option<Duration>,
    recorded: Recorded,
) -> Result<bool, sqlx::Error> {
    let payment = &claimed.payment;
    let StandingColumns {
        capture_before,
        books,
    } = payment.standing.into();
    // What waits for others is looked up when it is due.
    let waits = matches!(payment.next_step(), Step::AwaitCustomer | Step::AwaitRefund);
    let written = sqlx::query(RECORD)
        .bind(payment.order_id.uuid())
        .bind(claimed.claim)
        .bind(recorded == Recorded::GivenUp)
        .bind(payment.standing.name())
        .bind(payment.in_doubt || waits)
        .bind(&payment.reference.session)
        .bind(&payment.reference.payment)
        .bind(payment.page.as_ref().map(|page| &page.url))
        .bind(payment.page.as_ref().map(|page| page.expires_at))
        .bind(capture_before)
        .bind(number(books.captured)?)
        .bind(number(books.refunded)?)
        .bind(number(books.refunding)?)
        .bind(i64::from(books.failed_refunds))
        .bind(i64::from(payment.refusals))
        .bind(i64::from(payment.unanswered))
        .bind(&payment.last_error)
        .bind(due_after.map(|delay| delay.as_secs_f64()))
        .execute(connection)
        .await?;
    Ok(written.rows_affected() == 1)
}

#[async_trait]
impl ProviderPaymentRepository for PgProviderPayments {
    async fn open(&self, payment: &ProviderPayment) -> Result<ProviderPayment, RepositoryError> {
        sqlx::query(OPEN)
            .bind(payment.order_id.uuid())
            .bind(payment.payment_id.uuid())
            .bind(self.provider)
            .bind(&payment.customer_id)
            .bind(number(payment.amount)?)
            .bind(&payment.return_path)
            .bind(payment.expires_at)
            .execute(&self.pool)
            .await?;
        let stored = sqlx::query(FIND)
            .bind(payment.order_id.uuid())
            .try_map(|row| provider_payment(&row))
            .fetch_one(&self.pool)
            .await?;
        Ok(stored)
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<ProviderPayment>, RepositoryError> {
        let found = sqlx::query(FIND)
            .bind(order_id.uuid())
            .try_map(|row| provider_payment(&row))
            .fetch_optional(&self.pool)
            .await?;
        Ok(found)
    }

    async fn claim(&self, order_id: OrderId, lease: Duration) -> Result<Option<Claimed>, RepositoryError> {
        Ok(claims::claim(&self.pool, order_id, lease).await?)
    }

    async fn claim_due(&self, limit: u32, lease: Duration) -> Result<Vec<Claimed>, RepositoryError> {
        Ok(claims::claim_due(&self.pool, self.provider, limit, lease).await?)
    }

    async fn record(
        &self,
        claimed: &Claimed,
        due_after: Option<Duration>,
        decide: Decision<'_>,
    ) -> Result<Recorded, RepositoryError> {
        loop {
            if let Some(recorded) = self.attempt(claimed, due_after, decide).await? {
                return Ok(recorded);
            }
        }
    }

    async fn hint(&self, order_id: OrderId) -> Result<bool, RepositoryError> {
        Ok(claims::hint(&self.pool, order_id).await?)
    }

    async fn counts(&self) -> Result<Vec<(&'static str, u64)>, RepositoryError> {
        Ok(reports::counts(&self.pool).await?)
    }

    async fn booked_since(&self, since: DateTime<Utc>) -> Result<Vec<Booked>, RepositoryError> {
        Ok(reports::booked_since(&self.pool, since).await?)
    }
}
