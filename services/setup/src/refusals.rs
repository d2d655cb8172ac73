//! Servers that answer and refuse the credentials that their clients have, and for how long they have done so.

use std::cell::Cell;
use std::time::Duration;
use tokio::time::Instant;

/// Programs that have just got a password, such as a server that starts, may refuse it for a moment.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server refuses the credentials that its clients have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{server} refuses the credentials: {answer}")]
pub struct SignInRefused {
    /// `kafka`, `mongodb` or `postgres`.
    pub server: &'static str,
    /// Its words.
    pub answer: String,
}

/// Since when a server has refused every attempt to sign in.
#[derive(Default)]
pub(crate) struct Refusals {
    since: Cell<Option<Instant>>,
}

impl Refusals {
    /// Notes how an attempt ended, and when. Returns whether they have been refused for so long that only somebody else can help.
    pub(crate) fn last(&self, refused: bool, now: Instant) -> bool {
        if !refused {
            self.since.set(None);
            return false;
        }
        let since = self.since.get().unwrap_or(now);
        self.since.set(Some(since));
        now - since >= PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_without_a_break_count() {
        let refusals = Refusals::default();
        let start = Instant::now();
        assert!(!refusals.last(true, start));
        assert!(!refusals.last(false, start + PATIENCE));
        assert!(!refusals.last(true, start + PATIENCE));
        assert!(!refusals.last(true, start + PATIENCE + PATIENCE / 2));
        assert!(refusals.last(true, start + PATIENCE + PATIENCE));
    }
}
