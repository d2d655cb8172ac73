//! Actors that act by themselves, for demonstrations and tests: after a while they take the next step.

use crate::Health;
use futures::future::BoxFuture;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often to check for what has not moved.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Calls `move_on` again and again until stopped. It takes the next step of everything that has waited long enough, and
/// returns how many steps it took. Replicas may share the work when `move_on` skips what another one has locked.
pub(crate) async fn run<E: Display>(
    move_on: impl Fn() -> BoxFuture<'static, Result<usize, E>> + Send + Sync,
    health: Health,
    stop: CancellationToken,
) {
    let work = async {
        let mut ticks = interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // Before the database is migrated there is no table to read.
            health.until_ready().await;
            until_nothing_is_left(&move_on).await;
        }
    };
    stop.run_until_cancelled(work).await;
}

async fn until_nothing_is_left<E: Display>(
    move_on: &(impl Fn() -> BoxFuture<'static, Result<usize, E>> + Sync),
) {
    loop {
        match move_on().await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "the autopilot could not move on; trying again");
                return;
            }
        }
    }
}
