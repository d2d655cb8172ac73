//! Automatic actors for demonstrations and tests: after a delay they take the next step by themselves.

use crate::Health;
use futures::future::BoxFuture;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often to look for items that wait for their next step.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Calls `advance` repeatedly until stopped. `advance` takes the next step of every item that has waited long enough,
/// and returns how many steps it took. Replicas can share the work if `advance` skips rows that another replica has
/// locked.
pub(crate) async fn run<E: Display>(
    advance: impl Fn() -> BoxFuture<'static, Result<usize, E>> + Send + Sync,
    health: Health,
    stop: CancellationToken,
) {
    let work = async {
        let mut ticks = interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // Until the database is migrated, the table does not exist.
            health.until_ready().await;
            advance_all(&advance).await;
        }
    };
    stop.run_until_cancelled(work).await;
}

async fn advance_all<E: Display>(advance: &(impl Fn() -> BoxFuture<'static, Result<usize, E>> + Sync)) {
    loop {
        match advance().await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "the autopilot could not move on; trying again");
                return;
            }
        }
    }
}
