//! Requests a payment, with one retry if there is no response in time and not too many are retried.

use crate::application::ports::{PaymentAttempt, PaymentIntent, PaymentResult, PaymentService};
use chrono::{DateTime, Utc};
use futures::future::{BoxFuture, Either, select};

/// The outcome for the customer and for the intent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The payment is approved.
    Paid,
    /// Pay refused the payment.
    Refused {
        /// The reason for the customer.
        reason: String,
        /// Whether an earlier request without a response may have been approved.
        may_be_paid: bool,
    },
    /// The customer has to do something.
    AwaitingCustomer {
        /// Where the customer pays.
        pay_url: String,
        /// Until when.
        expires_at: DateTime<Utc>,
    },
    /// There was no usable response.
    Unknown {
        /// The reason for the log.
        reason: String,
        /// Whether the payment may have been approved.
        may_be_paid: bool,
    },
}

/// Requests the payment, and retries once if there is no response in time, and `may_retry` and the payment service allow
/// it. The first response to either request counts: the first request is not cancelled.
pub(super) async fn request_payment(
    payments: &dyn PaymentService,
    intent: &PaymentIntent,
    may_retry: impl Fn() -> bool,
) -> Outcome {
    let PaymentAttempt { result, late } = payments.pay(intent).await;
    // Only a request without a response may have been approved anyway.
    let may_be_paid = matches!(result, PaymentResult::Unknown(_));
    if result.is_known() || !may_retry() {
        return outcome(result, false);
    }
    if !payments.may_retry() {
        return outcome(known_late(late).await.unwrap_or(result), false);
    }
    tracing::info!(order_id = %intent.order_id, answer = ?result, "pay does not answer; asking again");
    outcome(first_known(late, payments.pay(intent)).await, may_be_paid)
}

fn outcome(result: PaymentResult, earlier_may_be_paid: bool) -> Outcome {
    match result {
        PaymentResult::Paid => Outcome::Paid,
        PaymentResult::Refused(reason) => Outcome::Refused {
            reason,
            may_be_paid: earlier_may_be_paid,
        },
        PaymentResult::AwaitingCustomer { pay_url, expires_at } => {
            Outcome::AwaitingCustomer { pay_url, expires_at }
        }
        PaymentResult::Unknown(reason) => Outcome::Unknown {
            reason,
            may_be_paid: true,
        },
        PaymentResult::NotSent(reason) => Outcome::Unknown {
            reason,
            may_be_paid: earlier_may_be_paid,
        },
    }
}

/// The late response, if it is known.
async fn known_late(late: Option<BoxFuture<'static, PaymentResult>>) -> Option<PaymentResult> {
    late?.await.known()
}

/// The first of two results that is known, or else the result of the second request.
async fn first_known(
    late: Option<BoxFuture<'static, PaymentResult>>,
    retry: BoxFuture<'_, PaymentAttempt>,
) -> PaymentResult {
    let Some(late) = late else {
        return retry.await.result;
    };
    match select(late, retry).await {
        Either::Left((result, _)) if result.is_known() => result,
        Either::Left((_, retry)) => retry.await.result,
        Either::Right((attempt, _)) if attempt.result.is_known() => attempt.result,
        Either::Right((attempt, late)) => late.await.known().unwrap_or(attempt.result),
    }
}
