//! All deliveries at a glance, and the rider that acts by itself.

use super::changed;
use crate::domain::{self, Delivery};
use crate::store::{self, DeliveryTable};
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryState, OrderId};
use fdp_kit::Clock;
use fdp_kit::database;
use fdp_kit::ledger::{Change, PgLedger};
use std::sync::Arc;
use std::time::Duration;

/// How many deliveries one transaction moves on by itself.
const BATCH: u32 = 200;

/// All deliveries, in the service's own database.
#[derive(Debug, Clone)]
pub struct Board {
    ledger: PgLedger<DeliveryTable>,
    clock: Arc<dyn Clock>,
}

/// Which deliveries to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those in this state.
    pub state: Option<DeliveryState>,
    /// Those of this rider.
    pub rider_id: Option<String>,
    /// Those that were made before that of this order.
    pub before: Option<OrderId>,
}

impl Board {
    /// Shows and moves on the deliveries of `ledger`.
    pub fn new(ledger: PgLedger<DeliveryTable>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }

    /// The newest deliveries that pass `filter`, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deliveries(&self, filter: &Filter, limit: u32) -> Result<Vec<Delivery>, sqlx::Error> {
        store::list(self.ledger.pool(), filter, limit).await
    }

    /// Takes the next step of deliveries that have stood still for `delay`, in one transaction; gives how many there
    /// were.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn move_on(&self, delay: Duration) -> Result<usize, sqlx::Error> {
        let now = self.clock.now();
        let mut transaction = database::begin(self.ledger.pool()).await?;
        let idle = store::lock_idle(&mut transaction, now - delay, BATCH).await?;
        let moved = self
            .ledger
            .move_on(transaction, &idle, |delivery| step(delivery, now))
            .await?;
        Ok(moved.len())
    }
}

fn step(delivery: &Delivery, now: DateTime<Utc>) -> Option<Change<Delivery>> {
    let mut moved = delivery.clone();
    moved.obey(None, &domain::next(delivery.state)?, now).ok()?;
    changed(Some(delivery), moved)
}
