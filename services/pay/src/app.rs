//! The use cases: each looks at the order's payment, decides, and keeps the change with its event.
//!
//! Approving takes the money at once: there is no capture to follow, because an order whose payment is approved is
//! placed in the same request. What is given up later is voided or refunded.

use crate::domain::{self, Charge, Payment, Refusal};
use fdp_contracts::{Event, OrderId};
use fdp_kit::Clock;
use fdp_kit::ledger::{Change, Ledger, LedgerError};
use std::sync::Arc;

/// Payments and the rules that the shop sets.
#[derive(Clone)]
pub struct Payments {
    ledger: Arc<dyn Ledger<Payment>>,
    clock: Arc<dyn Clock>,
    limit: u64,
}

/// Why a payment was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The place for payments failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The place for payments has nothing where a payment has to be.
    #[error("the order {0} has no payment, and nothing says why")]
    Missing(OrderId),
}

/// A payment, and whether this call made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The payment.
    pub payment: Payment,
    /// False when it was there before.
    pub new: bool,
}

impl Payments {
    /// Payments kept in `ledger`, of at most `limit` won each.
    pub fn new(ledger: Arc<dyn Ledger<Payment>>, clock: Arc<dyn Clock>, limit: u64) -> Self {
        Self { ledger, clock, limit }
    }

    /// Takes the payment, or finds that it was taken before.
    ///
    /// # Errors
    /// When the rules forbid it, or the place for payments fails.
    pub async fn approve(&self, charge: &Charge) -> Result<Taken, PayError> {
        let now = self.clock.now();
        let approve = |present: Option<&Payment>| domain::approve(present, charge, self.limit, now);
        let decide = |present: Option<&Payment>| Ok::<_, Refusal>(approve(present)?.map(announced));
        let decided = self.ledger.decide(charge.order_id, decide).await?;
        let decided = decided.inspect_err(|_| count("refused"))?;
        let payment = decided.aggregate.ok_or(PayError::Missing(charge.order_id))?;
        if decided.changed {
            log(&payment);
            count("approved");
            metrics::counter!("payments_taken_won_total").increment(payment.amount);
        } else {
            count("repeated");
        }
        Ok(Taken {
            payment,
            new: decided.changed,
        })
    }

    /// Makes sure that the order is not paid and never will be.
    ///
    /// # Errors
    /// When the place for payments fails.
    pub async fn void(&self, order_id: OrderId) -> Result<Payment, PayError> {
        let now = self.clock.now();
        let decide = |present: Option<&Payment>| domain::void(present, order_id, now).map(announced);
        let decided = self.ledger.change(order_id, &decide).await?;
        let payment = decided.aggregate.ok_or(PayError::Missing(order_id))?;
        if decided.changed {
            log(&payment);
            count("voided");
            metrics::counter!("payments_voided_won_total").increment(payment.amount);
        }
        Ok(payment)
    }

    /// The order's payment, if there is one.
    ///
    /// # Errors
    /// When the place for payments fails.
    pub async fn find(&self, order_id: OrderId) -> Result<Option<Payment>, LedgerError> {
        self.ledger.find(order_id).await
    }
}

/// A payment that changed, and the event that says so.
pub(crate) fn announced(payment: Payment) -> Change<Payment> {
    let event = Event::Payment(payment.snapshot());
    Change::announced(payment, event)
}

pub(crate) fn log(payment: &Payment) {
    let Payment {
        order_id,
        payment_id,
        amount,
        state,
        ..
    } = payment;
    tracing::info!(%order_id, %payment_id, amount, ?state, "the payment changed");
}

/// Counts what came of a wish to pay, to void or to refund.
pub(crate) fn count(outcome: &'static str) {
    metrics::counter!("payments_total", "outcome" => outcome).increment(1);
}

/// Shows outcomes that have not occurred as 0, not as absent.
pub fn begin_counting() {
    for outcome in ["approved", "repeated", "refused", "voided", "refunded"] {
        metrics::counter!("payments_total", "outcome" => outcome).increment(0);
    }
}
