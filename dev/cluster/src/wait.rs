//! Waits for conditions, always with a deadline and an error that says what was missing.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::text::tail;

const PAUSE: Duration = Duration::from_millis(100);
const LOG_LINES: usize = 15;

/// The result of one check of a condition.
pub(crate) enum Poll<T> {
    Done(T),
    /// Not yet; the text describes what was found instead.
    NotYet(String),
}

/// Polls until the condition holds, a check fails, or `limit` has passed.
///
/// `what` completes the sentence "waited for …"; `log` is the file whose end most likely explains a timeout.
pub(crate) fn until<T>(
    what: &str,
    limit: Duration,
    log: &Path,
    mut check: impl FnMut() -> Result<Poll<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        let last = match check()? {
            Poll::Done(value) => return Ok(value),
            Poll::NotYet(last) => last,
        };
        if start.elapsed() >= limit {
            return Err(Error::Deadline {
                what: what.to_owned(),
                waited: limit,
                last,
                log: tail(log, LOG_LINES),
            });
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_says_what_was_missing_and_what_was_seen() {
        let error = until::<()>("the moon", Duration::ZERO, Path::new("/nonexistent/log"), || {
            Ok(Poll::NotYet("only stars".to_owned()))
        })
        .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("the moon") && text.contains("only stars") && text.contains("/nonexistent/log")
        );
    }

    #[test]
    fn a_condition_that_holds_at_once_is_not_waited_for() {
        let value = until("nothing", Duration::ZERO, Path::new("/"), || Ok(Poll::Done(7))).unwrap();
        assert_eq!(value, 7);
    }
}
