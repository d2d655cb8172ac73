//! The use case of deadlines: deliveries whose rider keeps them waiting for too long are offered to others again.

use super::change::changed;
use super::ports::DeliveryRepository;
use crate::domain::{Delivery, Overdue, Waited};
use fdp_runtime::{Clock, Health};
use fdp_storage::RepositoryError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often to look.
const LOOK: Duration = Duration::from_secs(1);
/// How many deliveries one transaction releases.
const BATCH: u32 = 200;

/// Keeps the deadlines of riders.
#[derive(Debug, Clone)]
pub struct Deadlines {
    repository: Arc<dyn DeliveryRepository>,
    clock: Arc<dyn Clock>,
    silent_limit: Duration,
}

impl Deadlines {
    /// Keeps the deadlines of the deliveries of `repository`; a rider may be silent for less than `silent_limit`.
    pub fn new(
        repository: Arc<dyn DeliveryRepository>,
        clock: Arc<dyn Clock>,
        silent_limit: Duration,
    ) -> Self {
        Self {
            repository,
            clock,
            silent_limit,
        }
    }

    /// Looks for overdue deliveries about once a second, until stopped. Every replica does.
    pub async fn run(self, health: Health, stop: CancellationToken) {
        let work = async {
            loop {
                // Until the database is migrated, no delivery waits.
                health.until_tasks_may_run().await;
                if let Err(error) = self.look().await {
                    tracing::warn!(%error, "overdue deliveries could not be released; trying again");
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        stop.run_until_cancelled(work).await;
    }

    async fn look(&self) -> Result<(), RepositoryError> {
        self.repository.tick().await?;
        while self.release_overdue().await? > 0 {}
        Ok(())
    }

    /// Releases overdue deliveries, in one transaction; returns how many.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn release_overdue(&self) -> Result<usize, RepositoryError> {
        let now = self.clock.now();
        let reasons = Mutex::new(Vec::new());
        let release = |delivery: &Delivery, waited: Waited| {
            let why = delivery.overdue(waited, self.silent_limit)?;
            let mut released = delivery.clone();
            released.release(why, now);
            let (order_id, rider_id) = (delivery.parcel.order_id, delivery.rider_id.as_deref());
            tracing::info!(%order_id, rider_id, why = why.name(), "a delivery is offered again");
            reasons.lock().unwrap_or_else(PoisonError::into_inner).push(why);
            changed(Some(delivery), released)
        };
        let released = self
            .repository
            .release_overdue(self.silent_limit, BATCH, &release)
            .await?;
        // Counted once they are released.
        for why in reasons.into_inner().unwrap_or_else(PoisonError::into_inner) {
            count(why);
        }
        Ok(released.len())
    }
}

fn count(why: Overdue) {
    metrics::counter!("deliveries_released_total", "why" => why.name()).increment(1);
}
