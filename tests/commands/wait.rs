//! Waits for a condition, with a deadline.

use std::{
    thread,
    time::{Duration, Instant},
};

const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// More than ten times what anything here takes alone.
const DEADLINE: Duration = Duration::from_mins(2);

/// What `condition` gives as soon as it gives something; it says why not otherwise.
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
