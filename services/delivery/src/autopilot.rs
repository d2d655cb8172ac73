//! A rider that acts by itself, for demonstrations and tests: it takes the next step after a while.

use crate::app::Deliveries;
use fdp_kit::Health;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often to look for deliveries that have stood still.
const LOOK: Duration = Duration::from_millis(250);

/// Moves on every delivery that has stood still for `delay`, until stopped. Replicas share the work.
pub async fn run(deliveries: Deliveries, delay: Duration, health: Health, stop: CancellationToken) {
    let work = async {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            // Before the database is migrated there is nothing to look at.
            if health.is_ready() {
                move_on(&deliveries, delay).await;
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

async fn move_on(deliveries: &Deliveries, delay: Duration) {
    loop {
        match deliveries.move_on(delay).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "deliveries could not be moved on; trying again");
                return;
            }
        }
    }
}
