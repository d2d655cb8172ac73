//! Waits for a condition, with a deadline and an error that names the condition.

use anyhow::{Result, bail};
use std::thread::sleep;
use std::time::{Duration, Instant};

const POLL_INTERVAL: Duration = Duration::from_millis(40);

/// Calls `probe` until it returns a value. An error of `probe` means "not yet", and is reported at the deadline.
///
/// # Errors
/// When `deadline` passes first; the message contains `what` and the last error of `probe`.
pub fn until<T>(what: &str, deadline: Duration, mut probe: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    loop {
        let seen = match probe() {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => String::new(),
            Err(error) => format!("; last seen: {error:#}"),
        };
        if started.elapsed() > deadline {
            bail!("waited {} s in vain for {what}{seen}", deadline.as_secs());
        }
        sleep(POLL_INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_in_vain_says_for_what_and_what_was_seen_last() {
        let error = until::<()>("the moon", Duration::ZERO, || bail!("clouds")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "waited 0 s in vain for the moon; last seen: clouds"
        );
    }

    #[test]
    fn a_wait_ends_as_soon_as_the_condition_holds() {
        let mut looks = 0;
        let value = until("the third look", Duration::from_secs(5), || {
            looks += 1;
            Ok((looks == 3).then_some(looks))
        });
        assert_eq!(value.unwrap(), 3);
    }
}
