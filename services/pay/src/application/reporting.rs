//! How changes of payments are announced, logged and counted.

use crate::domain::Payment;
use fdp_kit::ledger::Change;

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
