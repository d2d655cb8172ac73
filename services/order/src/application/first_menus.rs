//! Waits until stores have told what they offer: a replica that knows of none would refuse every order.

use crate::application::ports::OrderRepository;
use fdp_runtime::{Check, Health};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often to look. The events that bring them arrive at any replica.
const LOOK: Duration = Duration::from_millis(500);

/// Makes `check` ready once a store is known, and then waits to be stopped.
pub async fn run(
    repository: Arc<dyn OrderRepository>,
    health: Health,
    check: Check,
    stop: CancellationToken,
) {
    let work = async {
        // Until the database is migrated, there is no table of stores.
        health.until_tasks_may_run().await;
        loop {
            match repository.has_stores().await {
                Ok(true) => return check.ready(),
                Ok(false) => check.failing("no store has told yet what it offers"),
                Err(error) => check.failing(&error.to_string()),
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    if stop.run_until_cancelled(work).await.is_some() {
        stop.cancelled().await;
    }
}
