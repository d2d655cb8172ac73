//! The use case that brings payments at a provider to where they are wanted, one step after the other.
//!
//! A step is claimed, done at the provider, and recorded. Whoever is killed in between leaves a claim whose lease ends, and a
//! row that says that the provider may know more: the next one asks the provider first.

use crate::application::ports::{Claimed, Outcome, PaymentProvider, ProviderPaymentRepository, Recorded};
use crate::application::reporting;
use crate::domain::provider_payment::{Call, ProviderPayment, RefundProgress, Standing, Step};
use crate::domain::{self, Charge, ChargeError, Payment};
use fdp_contracts::OrderId;
use fdp_runtime::{Clock, Health};
use fdp_storage::RepositoryError;
use futures::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often to look for what is due.
const LOOK: Duration = Duration::from_secs(1);
/// How many payments one round claims.
const BATCH: u32 = 20;
/// How many steps one claim does: a look, a call, and what follows from it. What is left is due at once.
const STEPS: usize = 3;
/// How often the payments that wait for something are counted.
const COUNT: Duration = Duration::from_secs(30);

/// Settles payments at a provider.
#[derive(Clone)]
pub struct Settlement {
    repository: Arc<dyn ProviderPaymentRepository>,
    provider: Arc<dyn PaymentProvider>,
    clock: Arc<dyn Clock>,
    lease: Duration,
}

impl Settlement {
    /// Settles the payments of `repository` at `provider`. A claim of one is valid for `lease`: longer than all calls of one
    /// round take.
    pub fn new(
        repository: Arc<dyn ProviderPaymentRepository>,
        provider: Arc<dyn PaymentProvider>,
        clock: Arc<dyn Clock>,
        lease: Duration,
    ) -> Self {
        Self {
            repository,
            provider,
            clock,
            lease,
        }
    }

    /// Settles what is due, until stopped.
    pub async fn run(self, health: Health, stop: CancellationToken) {
        let work = async {
            let mut counted_at: Option<Instant> = None;
            let mut expiring = 0;
            loop {
                health.until_tasks_may_run().await;
                if let Err(error) = self.settle_due().await {
                    tracing::warn!(%error, "payments at the provider could not be settled; trying again");
                }
                if counted_at.is_none_or(|counted_at| counted_at.elapsed() > COUNT) {
                    match self.repository.counts().await {
                        Ok(counts) => expiring = reporting::count_at_provider(&counts, expiring),
                        Err(error) => tracing::debug!(%error, "counting payments has to wait"),
                    }
                    counted_at = Some(Instant::now());
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// Settles every payment whose next step is due; returns how many there were.
    ///
    /// # Errors
    /// When the database fails; payments that were claimed by then are claimed again when their lease is over.
    pub async fn settle_due(&self) -> Result<usize, RepositoryError> {
        let mut settled = 0;
        loop {
            let claimed = self.repository.claim_due(BATCH, self.lease).await?;
            let batch = claimed.len();
            let results = join_all(claimed.into_iter().map(|claimed| self.settle(claimed))).await;
            results.into_iter().collect::<Result<Vec<()>, _>>()?;
            settled += batch;
            if batch < BATCH as usize {
                return Ok(settled);
            }
        }
    }

    /// Settles the payment of one order now; returns false if another one is at it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_order(&self, order_id: OrderId) -> Result<bool, RepositoryError> {
        match self.repository.claim(order_id, self.lease).await? {
            Some(claimed) => self.settle(claimed).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn settle(&self, mut claimed: Claimed) -> Result<(), RepositoryError> {
        let before = claimed.payment.standing;
        self.advance(&mut claimed.payment).await;
        let payment = &claimed.payment;
        let now = self.clock.now();
        let decide = |present: Option<&Payment>| approved(present, payment, now);
        let due_after = payment.due_after().map(jittered);
        let recorded = self.repository.record(&claimed, due_after, &decide).await?;
        reporting::settled(payment, before, recorded);
        if recorded == Recorded::Approved {
            reporting::approved(payment.amount);
        }
        Ok(())
    }

    /// Does the next steps, as far as the provider answers.
    async fn advance(&self, payment: &mut ProviderPayment) {
        for _ in 0..STEPS {
            let outcome = match payment.next_step() {
                Step::Call(call) => self.call(payment, call).await,
                Step::LookUp => self.provider.look_up(payment).await,
                Step::AwaitCustomer | Step::AwaitRefund | Step::Done => return,
            };
            let failed_before = failed_refunds(payment.standing);
            match outcome {
                Outcome::Known(standing, reference) => payment.learn(standing, reference),
                Outcome::NeedsCustomer(page, reference) => {
                    payment.learn(Standing::AwaitingCustomer, reference);
                    payment.page = Some(page);
                }
                Outcome::Refused(reason) => payment.refused(reason),
                Outcome::Unknown(reason) => payment.unanswered(reason),
            }
            // A refund that has just failed waits before it is tried again.
            let has_failed = payment.refund() == Some(RefundProgress::Failed)
                && failed_refunds(payment.standing) > failed_before;
            if payment.unanswered > 0 || has_failed {
                return;
            }
        }
    }

    async fn call(&self, payment: &ProviderPayment, call: Call) -> Outcome {
        let key = payment.idempotency_key(call);
        let (name, outcome) = match call {
            Call::Authorize => ("authorize", self.provider.authorize(payment, &key).await),
            Call::Capture { amount } => ("capture", self.provider.capture(payment, amount, &key).await),
            Call::Cancel => ("cancel", self.provider.cancel(payment, &key).await),
            Call::Refund { amount } => ("refund", self.provider.refund(payment, amount, &key).await),
        };
        reporting::called(payment.order_id, name, &outcome);
        outcome
    }
}

fn failed_refunds(standing: Standing) -> u32 {
    match standing {
        Standing::Captured(books) => books.failed_refunds,
        _ => 0,
    }
}

/// The ledger's payment once it is paid at the provider; `None` if it is there already.
fn approved(
    present: Option<&Payment>,
    paid: &ProviderPayment,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Option<Payment>, ChargeError> {
    let charge = Charge {
        order_id: paid.order_id,
        customer_id: paid.customer_id.clone(),
        amount: paid.amount,
    };
    // The amount was within the limit when the provider was asked.
    let approved = domain::approve(present, &charge, paid.amount, now)?;
    Ok(approved.map(|payment| Payment {
        payment_id: paid.payment_id,
        ..payment
    }))
}

/// About `delay`: somewhere from four to six fifths of it, so that not all replicas and payments come back at once.
fn jittered(delay: Duration) -> Duration {
    delay.mul_f64(rand::random_range(0.8..=1.2))
}
