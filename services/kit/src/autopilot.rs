//! Actors that act by themselves, for demonstrations and tests: after a while they take the next step.

use crate::Health;
use futures::future::BoxFuture;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often to look for what has stood still.
const LOOK: Duration = Duration::from_millis(250);

/// Calls `move_on`, which takes the next step of what has stood still and gives how much there was, again and
/// again until stopped. Replicas may share the work when `move_on` skips what another one has locked.
pub async fn run<E: Display>(
    move_on: impl Fn() -> BoxFuture<'static, Result<usize, E>> + Send + Sync,
    health: Health,
    stop: CancellationToken,
) {
    let work = async {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            // Before the database is migrated there is nothing to look at.
            health.until_ready().await;
            until_nothing_stands_still(&move_on).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

async fn until_nothing_stands_still<E: Display>(
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
