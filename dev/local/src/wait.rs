//! Waits for a condition, with a deadline and an error that includes the last result.

use crate::failure::{Failure, Result};
use std::time::{Duration, Instant};

/// The interval between two polls.
const PAUSE: Duration = Duration::from_millis(200);

/// Polls until `look` returns a value; its `Err` describes what was found instead.
///
/// # Errors
/// When `limit` has passed: with `what` and the last result.
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> std::result::Result<T, String>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        match look() {
            Ok(value) => return Ok(value),
            Err(last) if started.elapsed() >= limit => {
                return Err(Failure::TimedOut {
                    what: what.to_owned(),
                    limit,
                    last,
                });
            }
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_what_was_waited_for() {
        let mut looks = 0;
        let value = until("the third look", Duration::from_secs(5), || {
            looks += 1;
            if looks == 3 {
                Ok(looks)
            } else {
                Err(format!("look {looks}"))
            }
        });
        assert_eq!(value.unwrap(), 3);
    }

    #[test]
    fn giving_up_says_what_was_seen_last() {
        let failure = until::<()>("the moon", Duration::ZERO, || Err("clouds".into())).unwrap_err();
        assert_eq!(failure.to_string(), "waited 0 s for the moon; last seen: clouds");
    }
}
