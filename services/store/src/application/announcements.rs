//! The use case that tells other services of stores whose current version they have not heard of: seeds, and what a replica of
//! an earlier release has changed.

use super::ports::StoreRepository;
use fdp_runtime::Health;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often to look. Changes are announced together with themselves; this is for those that were not.
const LOOK: Duration = Duration::from_secs(30);
/// How many stores one transaction announces.
const BATCH: u32 = 50;

/// Announces stores that are due, until stopped.
pub async fn run(repository: Arc<dyn StoreRepository>, health: Health, stop: CancellationToken) {
    let work = async {
        loop {
            // Until the database is migrated, nothing is known of announcements.
            health.until_tasks_may_run().await;
            match repository.announce_due(BATCH).await {
                Ok(0) => tokio::time::sleep(LOOK).await,
                Ok(stores) => tracing::info!(stores, "announced"),
                Err(error) => {
                    tracing::warn!(%error, "stores could not be announced; trying again");
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    };
    stop.run_until_cancelled(work).await;
}
