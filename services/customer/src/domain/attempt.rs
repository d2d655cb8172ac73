//! How an attempt to send a message can end, and what follows.

use std::time::Duration;

/// A message that could not be sent for so long is news no more.
pub const GIVE_UP_AFTER: Duration = Duration::from_hours(24);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The messenger has taken it.
    Sent,
    /// It was surely not sent, and may be tried again.
    NotYet(Refusal),
    /// It was not sent and never can be, for this reason.
    Never(String),
    /// It may have been sent or not.
    Unknown(String),
}

/// Why a message was not sent, and when to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the messenger said.
    pub reason: String,
    /// How long it is to be left alone at least.
    pub wait: Duration,
    /// Whether that goes for all messages, not only for this one.
    pub everyone: bool,
}

/// What follows an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it was sent.
    Sent,
    /// Nothing: the customer is to be reached nowhere any more.
    Local,
    /// Nothing: it never will be, for this reason.
    Failed(String),
    /// Nothing: it may have been sent already, and must not be sent twice.
    Unknown(String),
    /// Another attempt.
    Again {
        /// How long from now.
        after: Duration,
        /// Why it failed.
        reason: String,
    },
}

/// What is to become of a message about a change of this `age`, if it is too late for it to be news.
pub fn too_late(age: Duration) -> Option<Next> {
    let is_old = age > GIVE_UP_AFTER;
    is_old.then(|| Next::Failed("the change that it tells of is more than a day ago".to_owned()))
}

/// What follows the answer to the attempt number `attempts` (the first is 1) at a message about a change of this `age`. The
/// pauses double from one attempt to the next, and are never shorter than the messenger asks for.
pub fn next(answer: Answer, attempts: u32, age: Duration) -> Next {
    match answer {
        Answer::Sent => Next::Sent,
        Answer::Never(reason) => Next::Failed(reason),
        Answer::Unknown(reason) => Next::Unknown(reason),
        Answer::NotYet(Refusal { reason, wait, .. }) => {
            let doublings = attempts.saturating_sub(1).min(16);
            let after = FIRST_PAUSE
                .saturating_mul(1 << doublings)
                .min(LONGEST_PAUSE)
                .max(wait);
            if age.saturating_add(after) > GIVE_UP_AFTER {
                return Next::Failed(format!("could not be sent within a day: {reason}"));
            }
            Next::Again { after, reason }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(wait: Duration) -> Answer {
        Answer::NotYet(Refusal {
            reason: "too many".into(),
            wait,
            everyone: true,
        })
    }

    fn pause(attempts: u32, wait: Duration) -> Duration {
        match next(refused(wait), attempts, Duration::ZERO) {
            Next::Again { after, .. } => after,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_pauses_grow_to_a_bound_and_respect_what_the_messenger_asks_for() {
        let pauses = [1, 2, 3, 4].map(|attempts| pause(attempts, Duration::ZERO).as_secs());
        assert_eq!(pauses, [1, 2, 4, 8]);
        assert_eq!(pause(u32::MAX, Duration::ZERO), LONGEST_PAUSE);
        assert_eq!(pause(1, Duration::from_hours(1)), Duration::from_hours(1));
    }

    #[test]
    fn what_is_older_than_a_day_is_no_news() {
        assert_eq!(too_late(GIVE_UP_AFTER), None);
        let late = too_late(GIVE_UP_AFTER + Duration::from_secs(1));
        assert!(matches!(late, Some(Next::Failed(_))), "{late:?}");
    }

    #[test]
    fn only_what_was_surely_not_sent_is_tried_again_and_not_for_ever() {
        let reason = || "because".to_owned();
        assert_eq!(next(Answer::Sent, 1, Duration::ZERO), Next::Sent);
        assert_eq!(
            next(Answer::Never(reason()), 1, Duration::ZERO),
            Next::Failed(reason())
        );
        assert_eq!(
            next(Answer::Unknown(reason()), 1, Duration::ZERO),
            Next::Unknown(reason())
        );
        let late = next(refused(Duration::ZERO), 5, GIVE_UP_AFTER);
        assert!(matches!(late, Next::Failed(_)), "{late:?}");
    }
}
