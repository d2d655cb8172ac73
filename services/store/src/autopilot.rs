//! A store that acts by itself, for demonstrations and tests: it takes the owner's next step after a while.

use crate::app::Tickets;
use fdp_kit::Health;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often to look for tickets that have stood still.
const LOOK: Duration = Duration::from_millis(250);

/// Moves on every ticket that has stood still for `delay`, until stopped. Replicas share the work.
pub async fn run(tickets: Tickets, delay: Duration, health: Health, stop: CancellationToken) {
    let work = async {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            // Before the database is migrated there is nothing to look at.
            if health.is_ready() {
                move_on(&tickets, delay).await;
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

async fn move_on(tickets: &Tickets, delay: Duration) {
    loop {
        match tickets.move_on(delay).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "tickets could not be moved on; trying again");
                return;
            }
        }
    }
}
