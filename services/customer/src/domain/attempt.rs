//! Attempts to send a message: how they can end, and when to retry.

use super::contact::Contact;
use super::notification::Notification;
use std::time::Duration;
use uuid::Uuid;

/// Messages about older changes are not sent any more.
pub const MAX_AGE: Duration = Duration::from_hours(24);
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_mins(10);

/// An attempt to send a message. Meanwhile, no other replica sends that message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The id of this attempt, different from every other.
    pub id: Uuid,
    /// The message.
    pub notification: Notification,
    /// Where it is sent; `None` if the contact was removed meanwhile.
    pub contact: Option<Contact>,
}

/// The result of sending a message, as the messenger reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendResult {
    /// The messenger has accepted it.
    Sent,
    /// It was certainly not sent, and may be retried.
    Retryable(RetryableFailure),
    /// It was not sent and never can be, for this reason.
    Permanent(String),
    /// It may or may not have been sent, for this reason.
    Unknown(String),
}

/// Why a message was not sent, and when to retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryableFailure {
    /// What the messenger said.
    pub reason: String,
    /// The shortest time before a retry.
    pub retry_after: Duration,
    /// Whether no message can be sent until then, not only this one.
    pub affects_all: bool,
}

impl SendResult {
    /// A failure that affects all messages until `retry_after` has passed.
    pub fn all_blocked(reason: String, retry_after: Duration) -> Self {
        Self::Retryable(RetryableFailure {
            reason,
            retry_after,
            affects_all: true,
        })
    }
}

/// The outcome of an attempt for the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// It was sent.
    Sent,
    /// It stays local: the customer has no contact any more.
    Local,
    /// It will never be sent, for this reason.
    Failed(String),
    /// It may have been sent already, and must not be sent twice.
    Unknown(String),
    /// It is retried.
    Retry {
        /// How long from now.
        after: Duration,
        /// Why the attempt failed.
        reason: String,
    },
}

/// The outcome for a message about a change of this `age`, if that is too old to be sent.
pub fn expired(age: Duration) -> Option<AttemptOutcome> {
    let is_old = age > MAX_AGE;
    is_old.then(|| AttemptOutcome::Failed("the change that it tells of is more than a day ago".to_owned()))
}

/// The outcome of the attempt number `attempts` (the first is 1) to send a message about a change of this `age`. The
/// backoff doubles with each attempt, and is never shorter than the messenger demands.
pub fn outcome(result: SendResult, attempts: u32, age: Duration) -> AttemptOutcome {
    match result {
        SendResult::Sent => AttemptOutcome::Sent,
        SendResult::Permanent(reason) => AttemptOutcome::Failed(reason),
        SendResult::Unknown(reason) => AttemptOutcome::Unknown(reason),
        SendResult::Retryable(RetryableFailure {
            reason, retry_after, ..
        }) => {
            let doublings = attempts.saturating_sub(1).min(16);
            let after = INITIAL_BACKOFF
                .saturating_mul(1 << doublings)
                .min(MAX_BACKOFF)
                .max(retry_after);
            if age.saturating_add(after) > MAX_AGE {
                return AttemptOutcome::Failed(format!("could not be sent within a day: {reason}"));
            }
            AttemptOutcome::Retry { after, reason }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(retry_after: Duration) -> SendResult {
        SendResult::all_blocked("too many".into(), retry_after)
    }

    fn backoff(attempts: u32, retry_after: Duration) -> Duration {
        match outcome(blocked(retry_after), attempts, Duration::ZERO) {
            AttemptOutcome::Retry { after, .. } => after,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_backoff_grows_to_a_bound_and_respects_what_the_messenger_demands() {
        let backoffs = [1, 2, 3, 4].map(|attempts| backoff(attempts, Duration::ZERO).as_secs());
        assert_eq!(backoffs, [1, 2, 4, 8]);
        assert_eq!(backoff(u32::MAX, Duration::ZERO), MAX_BACKOFF);
        assert_eq!(backoff(1, Duration::from_hours(1)), Duration::from_hours(1));
    }

    #[test]
    fn a_message_expires_after_a_day() {
        assert_eq!(expired(MAX_AGE), None);
        let late = expired(MAX_AGE + Duration::from_secs(1));
        assert!(matches!(late, Some(AttemptOutcome::Failed(_))), "{late:?}");
    }

    #[test]
    fn only_what_was_certainly_not_sent_is_retried_and_not_for_ever() {
        let reason = || "because".to_owned();
        assert_eq!(outcome(SendResult::Sent, 1, Duration::ZERO), AttemptOutcome::Sent);
        assert_eq!(
            outcome(SendResult::Permanent(reason()), 1, Duration::ZERO),
            AttemptOutcome::Failed(reason())
        );
        assert_eq!(
            outcome(SendResult::Unknown(reason()), 1, Duration::ZERO),
            AttemptOutcome::Unknown(reason())
        );
        let late = outcome(blocked(Duration::ZERO), 5, MAX_AGE);
        assert!(matches!(late, AttemptOutcome::Failed(_)), "{late:?}");
    }
}
