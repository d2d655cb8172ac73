//! How changes of payments are announced, logged and counted.

use crate::application::ports::{Outcome, Recorded};
use crate::domain::Payment;
use crate::domain::provider_payment::{ProviderPayment, RefundProgress, Standing, Wanted};
use fdp_contracts::OrderId;
use fdp_storage::ledger::Change;

/// The changed payment together with the event that announces it.
pub(super) fn announced(payment: Payment) -> Change<Payment> {
    let event = payment.event();
    Change::announced(payment, event)
}

/// Logs a changed payment.
pub(super) fn log(payment: &Payment) {
    let Payment {
        order_id,
        payment_id,
        amount,
        state,
        ..
    } = payment;
    tracing::info!(%order_id, %payment_id, amount, ?state, "the payment changed");
}

/// Counts the outcome of a command.
pub(super) fn count(outcome: &'static str) {
    metrics::counter!("payments_total", "outcome" => outcome).increment(1);
}

/// Registers every outcome with the value 0, so that the metric exists before the first one occurs.
pub fn register_metrics() {
    for outcome in ["approved", "repeated", "refused", "voided", "refunded"] {
        metrics::counter!("payments_total", "outcome" => outcome).increment(0);
    }
}

/// Counts an approved payment of `amount` won, once it is durable.
pub(super) fn approved(amount: u64) {
    count("approved");
    metrics::counter!("payments_taken_won_total").increment(amount);
}

/// Shows how many payments at the provider are in each state; returns how many of them are about to lose their money, of which
/// `before` were known.
pub(super) fn count_at_provider(counts: &[(&'static str, u64)], before: u64) -> u64 {
    let mut expiring = 0;
    for (state, count) in counts {
        #[expect(clippy::cast_precision_loss, reason = "there are not that many")]
        metrics::gauge!("payments_at_provider", "state" => *state).set(*count as f64);
        if *state == "authorization-expiring" {
            expiring = *count;
        }
    }
    if expiring > before {
        tracing::warn!(
            expiring,
            "money that is held for orders is given back within a day unless their stores accept"
        );
    }
    expiring
}

/// Counts and logs a call of the provider.
pub(super) fn called(order_id: OrderId, call: &'static str, outcome: &Outcome) {
    let word = match outcome {
        Outcome::Known(..) => "known",
        Outcome::NeedsCustomer(..) => "needs-customer",
        Outcome::Refused(reason) => {
            tracing::warn!(%order_id, call, reason, "the provider refuses");
            "refused"
        }
        Outcome::Unknown(reason) => {
            tracing::warn!(%order_id, call, reason, "the provider does not answer; it is asked again");
            "unknown"
        }
    };
    metrics::counter!("payment_provider_calls_total", "call" => call, "outcome" => word).increment(1);
}

/// Logs what has changed at the provider.
pub(super) fn settled(payment: &ProviderPayment, before: Standing, recorded: Recorded) {
    let ProviderPayment {
        order_id,
        payment_id,
        amount,
        standing,
        ..
    } = payment;
    if *standing != before {
        tracing::info!(%order_id, %payment_id, amount, ?standing, ?recorded, "the payment at the provider changed");
    }
    if payment.refund() == Some(RefundProgress::Failed) {
        tracing::error!(%order_id, %payment_id, "a refund has failed at the provider; it is tried again, see docs/payments.md");
    }
    if before.is_paid() && standing.is_over() && payment.wanted != Wanted::Nothing {
        tracing::error!(%order_id, %payment_id, "the provider has given up the money of an order that stands");
    }
}

/// Counts a message of the provider: accepted, or rejected.
pub fn count_webhook(outcome: &'static str) {
    metrics::counter!("payment_webhooks_total", "outcome" => outcome).increment(1);
}
