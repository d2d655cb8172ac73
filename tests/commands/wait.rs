//! Waits for a condition, with a deadline.

use std::{
    thread,
    time::{Duration, Instant},
};

const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// More than ten times what any wait here takes on an idle machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// Polls until `condition` returns a value; its error is shown at the deadline.
pub(crate) fn until<T>(what: &str, mut condition: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match condition() {
            Ok(found) => return found,
            Err(why) => assert!(Instant::now() < deadline, "waiting for {what}: {why}"),
        }
        thread::sleep(POLL_INTERVAL);
    }
}
