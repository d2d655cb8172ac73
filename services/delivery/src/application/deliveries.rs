//! The use cases of riders: they command one delivery, and read it.

use super::change::{changed, published};
use crate::domain::{Command, CommandError, Delivery, InvalidPosition, Position};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use fdp_contracts::{DeliveryState, OrderId};
use fdp_runtime::Clock;
use fdp_storage::ledger::{Ledger, LedgerError};
use std::sync::Arc;

/// Commands and reads deliveries.
#[derive(Clone)]
pub struct Deliveries {
    ledger: Arc<dyn Ledger<Delivery>>,
    clock: Arc<dyn Clock>,
}

/// Why a delivery was not found or not changed.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// There is none.
    #[error("there is no delivery for order {0}")]
    NotFound(OrderId),
    /// The command was rejected.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The database failed; nothing has changed.
    #[error("keeping deliveries: {0}")]
    Ledger(#[from] LedgerError),
}

impl Deliveries {
    /// Use cases on the deliveries of `ledger`.
    pub fn new(ledger: Arc<dyn Ledger<Delivery>>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }

    /// Executes a command of an administrator: as [`Self::command_by`] without a rider.
    ///
    /// # Errors
    /// The same as for [`Self::command_by`].
    pub async fn command(&self, order_id: OrderId, command: Command) -> Result<Delivery, DeliveryError> {
        self.command_by(None, order_id, command).await
    }

    /// Executes a command of the rider `by` on the delivery of an order, and returns the delivery as it is then; `None`
    /// is an administrator. A repeated command changes nothing.
    ///
    /// # Errors
    /// When there is no such delivery, the command is rejected, or the database fails.
    pub async fn command_by(
        &self,
        by: Option<&str>,
        order_id: OrderId,
        command: Command,
    ) -> Result<Delivery, DeliveryError> {
        let now = self.clock.now();
        let decided = self
            .ledger
            .decide(order_id, |present| {
                let Some(before) = present else {
                    return Ok(None);
                };
                let mut delivery = before.clone();
                delivery.execute(by, &command, now)?;
                // A rider who repeats `Start` still waits for the order, which may have missed the event: publish it
                // again.
                if command == Command::Start && before.state == DeliveryState::Departing {
                    return Ok(Some(published(delivery)));
                }
                Ok::<_, CommandError>(changed(present, delivery))
            })
            .await??;
        decided.aggregate.ok_or(DeliveryError::NotFound(order_id))
    }

    /// The position of a rider now, or at the time `at`, which is clamped to the last 24 hours.
    ///
    /// # Errors
    /// When these coordinates do not exist.
    pub fn position(
        &self,
        lat: f64,
        lng: f64,
        at: Option<DateTime<Utc>>,
    ) -> Result<Position, InvalidPosition> {
        let now = self.clock.now();
        // The database stores microseconds.
        let at = at.map_or(now, |at| at.trunc_subsecs(6).clamp(now - TimeDelta::days(1), now));
        Position::new(lat, lng, at)
    }

    /// The delivery of one order.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn delivery(&self, order_id: OrderId) -> Result<Delivery, DeliveryError> {
        let delivery = self.ledger.find(order_id).await?;
        delivery.ok_or(DeliveryError::NotFound(order_id))
    }
}
