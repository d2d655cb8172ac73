//! Automatic actors for demonstrations and tests: after a delay they take the next step by themselves.

use crate::Health;
use futures::future::BoxFuture;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// The pause before looking again for items that wait for their next step: the first one after a step, and the longest one,
/// as each look that finds nothing doubles it. An idle platform asks its databases little.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Calls `advance` repeatedly until stopped. `advance` takes the next step of every item that has waited long enough,
/// and returns how many steps it took. Replicas can share the work if `advance` skips rows that another replica has
/// locked.
pub(crate) async fn run<E: Display>(
    advance: impl Fn() -> BoxFuture<'static, Result<usize, E>> + Send + Sync,
    health: Health,
    stop: CancellationToken,
) {
    let work = async {
        let mut pause = FIRST_PAUSE;
        loop {
            // Until the database is migrated, the table does not exist.
            health.until_tasks_may_run().await;
            pause = if advance_all(&advance).await {
                FIRST_PAUSE
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
            sleep(pause).await;
        }
    };
    stop.run_until_cancelled(work).await;
}

/// Takes all steps that are due, and returns whether there were any.
async fn advance_all<E: Display>(
    advance: &(impl Fn() -> BoxFuture<'static, Result<usize, E>> + Sync),
) -> bool {
    let mut any = false;
    loop {
        match advance().await {
            Ok(0) => return any,
            Ok(_) => any = true,
            Err(error) => {
                tracing::warn!(%error, "the autopilot could not move on; trying again");
                return any;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn it_looks_often_after_a_step_and_seldom_while_there_are_none() {
        let (looks, begun) = (Arc::new(Mutex::new(Vec::new())), Instant::now());
        let seen = Arc::clone(&looks);
        let advance = move || {
            let mut seen = seen.lock().unwrap();
            seen.push(begun.elapsed().as_millis());
            // The fifth look finds a step.
            let steps = usize::from(seen.len() == 5);
            Box::pin(std::future::ready(Ok::<_, Infallible>(steps))) as BoxFuture<'static, _>
        };
        let (health, stop) = (Health::default(), CancellationToken::new());
        health.required("database").ready();
        let working = tokio::spawn(run(advance, health, stop.clone()));
        sleep(Duration::from_millis(5_100)).await;
        stop.cancel();
        working.await.unwrap();
        assert_eq!(
            *looks.lock().unwrap(),
            [0, 500, 1_500, 2_500, 3_500, 3_500, 3_750, 4_250]
        );
    }
}
