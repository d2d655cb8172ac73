//! Asking for a payment: once, and once more if nobody answers in time.

use super::ports::{Asked, Intent, PayAnswer, Payments};
use futures::future::{BoxFuture, Either, select};

/// What the customer, and the intent, can count on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is paid.
    Paid,
    /// Pay said no.
    Refused {
        /// Why, for the customer.
        reason: String,
        /// Whether an earlier question, whose answer is lost, may have paid all the same.
        may_be_paid: bool,
    },
    /// Pay said nothing.
    Unanswered {
        /// Why, for the log.
        reason: String,
        /// Whether it may have paid all the same.
        may_be_paid: bool,
    },
}

/// Asks, and asks again for the same order when there is no answer in time and `has_patience` says that the customer
/// can still wait. Whichever answer comes first counts: the first question is not taken back.
pub(super) async fn ask(
    payments: &dyn Payments,
    intent: &Intent,
    has_patience: impl Fn() -> bool,
) -> Outcome {
    let Asked { answer, late } = payments.pay(intent).await;
    // Only an answer that is lost leaves the question open.
    let is_open = matches!(answer, PayAnswer::Unknown(_));
    if answer.is_known() || !has_patience() {
        return outcome(answer, false);
    }
    tracing::info!(order_id = %intent.order_id, ?answer, "pay does not answer; asking again");
    outcome(first_known(late, payments.pay(intent)).await, is_open)
}

fn outcome(answer: PayAnswer, an_earlier_one_is_open: bool) -> Outcome {
    match answer {
        PayAnswer::Paid => Outcome::Paid,
        PayAnswer::Refused(reason) => Outcome::Refused {
            reason,
            may_be_paid: an_earlier_one_is_open,
        },
        PayAnswer::Unknown(reason) => Outcome::Unanswered {
            reason,
            may_be_paid: true,
        },
        PayAnswer::NotAsked(reason) => Outcome::Unanswered {
            reason,
            may_be_paid: an_earlier_one_is_open,
        },
    }
}

/// The first answer of two that says yes or no, or else what the second came to.
async fn first_known(late: Option<BoxFuture<'static, PayAnswer>>, again: BoxFuture<'_, Asked>) -> PayAnswer {
    let Some(late) = late else {
        return again.await.answer;
    };
    match select(late, again).await {
        Either::Left((answer, _)) if answer.is_known() => answer,
        Either::Left((_, again)) => again.await.answer,
        Either::Right((asked, _)) if asked.answer.is_known() => asked.answer,
        Either::Right((asked, late)) => Some(late.await)
            .filter(PayAnswer::is_known)
            .unwrap_or(asked.answer),
    }
}
