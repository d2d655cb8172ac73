//! The use case of the automatic rider: it takes the next step of deliveries that nobody has changed for a while.

use super::change::changed;
use super::ports::DeliveryRepository;
use crate::domain::{self, Actor, Delivery, Load};
use chrono::{DateTime, Utc};
use fdp_runtime::Clock;
use fdp_storage::RepositoryError;
use fdp_storage::ledger::Change;
use std::sync::Arc;
use std::time::Duration;

/// How many deliveries one transaction advances.
const BATCH: u32 = 200;

/// The automatic rider.
#[derive(Debug, Clone)]
pub struct Autopilot {
    repository: Arc<dyn DeliveryRepository>,
    clock: Arc<dyn Clock>,
}

impl Autopilot {
    /// Advances the deliveries of `repository`.
    pub fn new(repository: Arc<dyn DeliveryRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { repository, clock }
    }

    /// Takes the next step of deliveries that have not changed for `delay`, in one transaction; returns how many it
    /// advanced.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn advance(&self, delay: Duration) -> Result<usize, RepositoryError> {
        let now = self.clock.now();
        let step = |delivery: &Delivery| next_step(delivery, now);
        let advanced = self.repository.advance_idle(now - delay, BATCH, &step).await?;
        Ok(advanced.len())
    }
}

fn next_step(delivery: &Delivery, now: DateTime<Utc>) -> Option<Change<Delivery>> {
    // It takes nothing on for a rider.
    let load = Load { others: 0, limit: 0 };
    let mut advanced = delivery.clone();
    advanced
        .execute(&Actor::Autopilot, &domain::next(delivery.state)?, load, now)
        .ok()?;
    changed(Some(delivery), advanced)
}
