//! When a payment at a provider is looked at again.

use super::next_step::Step;
use super::payment::{ProviderPayment, RefundProgress};
use std::time::Duration;

/// The delay after the first call that had no answer; it doubles with each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest delay after calls without an answer.
const LONGEST_RETRY: Duration = Duration::from_mins(5);
/// How often to ask whether a customer has paid, should the provider not tell.
const AWAIT_CUSTOMER: Duration = Duration::from_secs(15);
/// How often to ask whether a refund has arrived, should the provider not tell.
const AWAIT_REFUND: Duration = Duration::from_mins(30);
/// The delay after the first refund that failed; it is four times as long after each further one.
const FIRST_REFUND_RETRY: Duration = Duration::from_mins(1);
/// The longest delay after refunds that failed.
const LONGEST_REFUND_RETRY: Duration = Duration::from_hours(6);

impl ProviderPayment {
    /// After how long the next step is due, without jitter; `None` when there is nothing to do until something happens.
    pub fn due_after(&self) -> Option<Duration> {
        if self.unanswered > 0 {
            let doubled = FIRST_RETRY.saturating_mul(1 << (self.unanswered - 1).min(16));
            return Some(doubled.min(LONGEST_RETRY));
        }
        match self.next_step() {
            Step::Done => None,
            Step::AwaitCustomer => Some(AWAIT_CUSTOMER),
            Step::AwaitRefund => Some(AWAIT_REFUND),
            Step::Call(_) | Step::LookUp => Some(self.refund_delay()),
        }
    }

    /// How long to wait before a refund is tried again.
    fn refund_delay(&self) -> Duration {
        match (self.refund(), self.standing) {
            (Some(RefundProgress::Failed), super::Standing::Captured(books)) => {
                let power = books.failed_refunds.saturating_sub(1).min(8);
                let delay = FIRST_REFUND_RETRY.saturating_mul(1 << (2 * power));
                delay.min(LONGEST_REFUND_RETRY)
            }
            _ => Duration::ZERO,
        }
    }

    /// Whether the next step is a refund that has to wait, because the one before has failed.
    pub fn is_refund_put_off(&self) -> bool {
        self.refund() == Some(RefundProgress::Failed)
    }
}
