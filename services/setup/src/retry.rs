//! Retries until an operation succeeds, and logs from time to time what it waits for.

use std::fmt::Display;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

const PAUSE: Duration = Duration::from_millis(500);
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The deadline passed before the operation succeeded.
#[derive(Debug, thiserror::Error)]
#[error("{doing} did not work in time; the last answer was: {last}")]
pub struct OutOfTime {
    /// The operation.
    pub doing: &'static str,
    /// Its last error.
    pub last: String,
}

/// Runs `attempt` at least once, until it succeeds or `deadline` has passed. The deadline also ends an attempt that
/// gets no answer (for example from a machine that is down).
///
/// # Errors
/// The last error, when the deadline has passed.
pub async fn until_it_works<T, E: Display, F: Future<Output = Result<T, E>>>(
    doing: &'static str,
    deadline: Instant,
    mut attempt: impl FnMut() -> F,
) -> Result<T, OutOfTime> {
    let mut logged: Option<Instant> = None;
    let mut last = "none".to_owned();
    loop {
        match timeout_at(deadline, attempt()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => {}
        }
        let now = Instant::now();
        if now + PAUSE > deadline {
            return Err(OutOfTime { doing, last });
        }
        if logged.is_none_or(|logged| now - logged >= LOG_INTERVAL) {
            let seconds_left = (deadline - now).as_secs();
            tracing::info!(doing, answer = %last, seconds_left, "not yet; trying again");
            logged = Some(now);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_works_at_last_gives_its_value() {
        let mut left = 2;
        let value = until_it_works("counting", Instant::now() + Duration::from_mins(1), || {
            left -= 1;
            std::future::ready(if left == 0 { Ok("done") } else { Err("too early") })
        })
        .await;
        assert_eq!(value.unwrap(), "done");
    }

    #[tokio::test]
    async fn an_attempt_that_gets_no_answer_ends_when_the_time_is_up() {
        let deadline = Instant::now() + Duration::from_millis(20);
        let failed = until_it_works("counting", deadline, std::future::pending::<Result<(), String>>);
        let words = failed.await.unwrap_err().to_string();
        assert!(words.contains("counting") && words.contains("none"), "{words}");
    }

    #[tokio::test]
    async fn when_the_time_is_up_the_last_failure_is_told() {
        let failed = until_it_works("counting", Instant::now(), || {
            std::future::ready(Err::<(), _>("connection refused"))
        })
        .await;
        let words = failed.unwrap_err().to_string();
        assert!(
            words.contains("counting") && words.contains("connection refused"),
            "{words}"
        );
    }
}
