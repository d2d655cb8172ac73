//! The use case of paying for an order at a provider: its payment is noted, the provider is asked, and what is known by the
//! time that the caller waits for is the answer.

use super::settlement::Settlement;
use crate::application::payments::{Approval, PayError};
use crate::application::ports::{PaymentProvider, ProviderPaymentRepository};
use crate::application::reporting;
use crate::domain::provider_payment::{Page, ProviderPayment, Standing, Wanted};
use crate::domain::{self, Charge, ChargeError, Payment};
use chrono::TimeDelta;
use fdp_contracts::{OrderId, PaymentId};
use fdp_runtime::Clock;
use fdp_storage::ledger::Ledger;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

/// How long the customer has to pay. Stripe allows 30 minutes at least, from when it is asked: that leaves a quarter of an hour
/// in which asking may be repeated.
const TIME_TO_PAY: TimeDelta = TimeDelta::minutes(45);
/// How long a caller waits for the provider, which often needs more than half a second: less than the 1.22 s for which order
/// waits for an answer at all.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_100);
/// How often to look whether another one, who is asking the provider already, has an answer.
const LOOK: Duration = Duration::from_millis(50);

/// The answer to whoever wants to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentAnswer {
    /// It is paid.
    Paid(Approval),
    /// The customer has to do something first.
    AwaitingCustomer(AwaitingCustomer),
}

/// A payment that waits for its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitingCustomer {
    /// The payment.
    pub payment_id: PaymentId,
    /// The order that it pays for.
    pub order_id: OrderId,
    /// In won.
    pub amount: u64,
    /// Where the customer pays, and until when.
    pub page: Page,
}

/// Pays for orders at a provider.
#[derive(Clone)]
pub struct Paying {
    ledger: Arc<dyn Ledger<Payment>>,
    repository: Arc<dyn ProviderPaymentRepository>,
    provider: Arc<dyn PaymentProvider>,
    settlement: Settlement,
    clock: Arc<dyn Clock>,
    limit: u64,
}

impl Paying {
    /// Pays at `provider`, whose payments are in `repository` and become those of `ledger` once they are paid; `limit` is the
    /// highest amount of one payment, in won.
    pub fn new(
        ledger: Arc<dyn Ledger<Payment>>,
        repository: Arc<dyn ProviderPaymentRepository>,
        provider: Arc<dyn PaymentProvider>,
        settlement: Settlement,
        clock: Arc<dyn Clock>,
        limit: u64,
    ) -> Self {
        Self {
            ledger,
            repository,
            provider,
            settlement,
            clock,
            limit,
        }
    }

    /// Has the order paid, or says where its customer does this; `return_path` is where the provider sends the customer back
    /// to. Asked again, it answers what is known by then.
    ///
    /// # Errors
    /// When the charge is rejected, by us or by the provider; when the provider does not answer in time; when the database
    /// fails.
    pub async fn pay(&self, charge: &Charge, return_path: Option<String>) -> Result<PaymentAnswer, PayError> {
        if let Some(paid) = self.paid(charge).await? {
            reporting::count("repeated");
            return Ok(PaymentAnswer::Paid(paid));
        }
        let now = self.clock.now();
        let payment = ProviderPayment::new(
            PaymentId::new(),
            charge.order_id,
            charge.customer_id.clone(),
            charge.amount,
            return_path,
            now + TIME_TO_PAY,
        );
        let opened = self.repository.open(&payment).await?;
        if opened.amount != charge.amount {
            return Err(PayError::Rejected(ChargeError::OtherAmount {
                order_id: charge.order_id,
                paid: opened.amount,
                amount: charge.amount,
            }));
        }
        let deadline = Instant::now() + ANSWER_WITHIN;
        let is_done = self.settle_until(deadline, charge.order_id).await;
        loop {
            match self.answer(charge).await {
                Err(PayError::NoAnswer { .. }) if !is_done && Instant::now() < deadline => {
                    tokio::time::sleep(LOOK).await;
                }
                answer => return answer,
            }
        }
    }

    /// Settles the payment; goes on in the background when it takes longer. Returns false if another one is at it.
    async fn settle_until(&self, deadline: Instant, order_id: OrderId) -> bool {
        let settlement = self.settlement.clone();
        let work = async move { settlement.settle_order(order_id).await };
        let work = tokio::spawn(work.in_current_span());
        match timeout_at(deadline, work).await {
            Ok(Ok(Ok(is_done))) => is_done,
            Ok(Ok(Err(error))) => {
                tracing::warn!(%order_id, %error, "a payment could not be settled; it is tried again");
                true
            }
            // The row says what is known.
            Ok(Err(_)) | Err(_) => true,
        }
    }

    /// The payment in the ledger, if it is paid.
    async fn paid(&self, charge: &Charge) -> Result<Option<Approval>, PayError> {
        let present = self.ledger.find(charge.order_id).await?;
        let missing = domain::approve(present.as_ref(), charge, self.limit, self.clock.now())
            .inspect_err(|_| reporting::count("refused"))?;
        let paid = present.filter(|_| missing.is_none());
        Ok(paid.map(|payment| Approval { payment, new: false }))
    }

    /// What is known by now.
    async fn answer(&self, charge: &Charge) -> Result<PaymentAnswer, PayError> {
        let order_id = charge.order_id;
        let payment = self
            .repository
            .find(order_id)
            .await?
            .ok_or(PayError::Missing(order_id))?;
        match (payment.wanted, payment.standing) {
            (Wanted::Nothing, _) => Err(PayError::Rejected(ChargeError::Voided { order_id })),
            (_, Standing::Authorized { .. } | Standing::Captured(_)) => {
                let paid = self.paid(charge).await?.ok_or(PayError::Missing(order_id))?;
                Ok(PaymentAnswer::Paid(Approval { new: true, ..paid }))
            }
            (_, Standing::AwaitingCustomer) => {
                let page = payment.page.ok_or(PayError::Missing(order_id))?;
                Ok(PaymentAnswer::AwaitingCustomer(AwaitingCustomer {
                    payment_id: payment.payment_id,
                    order_id,
                    amount: payment.amount,
                    page,
                }))
            }
            (_, Standing::Asked) => Err(PayError::NoAnswer {
                provider: self.provider.name(),
                order_id,
            }),
            (_, Standing::Refused) => {
                reporting::count("refused");
                Err(PayError::RefusedByProvider {
                    provider: self.provider.name(),
                    order_id,
                    reason: payment.last_error.unwrap_or_default(),
                })
            }
            (_, Standing::Expired | Standing::Cancelled) => Err(PayError::NotPaidInTime(order_id)),
        }
    }
}
