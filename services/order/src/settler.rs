//! The settler: every second, payments whose order never came to be are voided.

use crate::app::Orders;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const ROUND: Duration = Duration::from_secs(1);
const KEYS: Duration = Duration::from_hours(1);

/// Settles until stopped.
pub async fn run(orders: Orders, stop: CancellationToken) {
    let work = async {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut keys_looked_at: Option<Instant> = None;
        loop {
            rounds.tick().await;
            if let Err(error) = orders.settle().await {
                tracing::debug!(%error, "settling has to wait");
                continue;
            }
            if keys_looked_at.is_none_or(|looked_at| looked_at.elapsed() > KEYS) {
                match orders.forget_old_keys().await {
                    Ok(_) => keys_looked_at = Some(Instant::now()),
                    Err(error) => tracing::debug!(%error, "forgetting old keys has to wait"),
                }
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}
