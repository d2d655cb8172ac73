//! The use cases of riders: they command one delivery, and read it.

use super::change::{changed, published};
use super::ports::DeliveryLedger;
use crate::domain::{Actor, Command, CommandError, Delivery, HistoryEntry, InvalidPosition, Load, Position};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use fdp_contracts::{DeliveryState, OrderId};
use fdp_runtime::Clock;
use fdp_storage::ledger::LedgerError;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Commands and reads deliveries.
#[derive(Clone)]
pub struct Deliveries {
    ledger: Arc<dyn DeliveryLedger>,
    clock: Arc<dyn Clock>,
    at_once: NonZeroU32,
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
    /// Use cases on the deliveries of `ledger`; a rider has at most `at_once` that have not ended.
    pub fn new(ledger: Arc<dyn DeliveryLedger>, clock: Arc<dyn Clock>, at_once: NonZeroU32) -> Self {
        Self {
            ledger,
            clock,
            at_once,
        }
    }

    /// Executes a command of `by` on the delivery of an order, and returns the delivery as it is then. A repeated command
    /// changes nothing.
    ///
    /// # Errors
    /// When there is no such delivery, the command is rejected, or the database fails.
    pub async fn command(
        &self,
        by: &Actor,
        order_id: OrderId,
        command: Command,
    ) -> Result<Delivery, DeliveryError> {
        // A rider who commands is not silent, whatever comes of the command.
        if let Some(rider_id) = by.rider() {
            self.ledger.hear_from(rider_id).await?;
        }
        let now = self.clock.now();
        let decide = |present: Option<&Delivery>, others: u32| {
            let Some(before) = present else {
                return Ok(None);
            };
            let limit = self.at_once.get();
            let mut delivery = before.clone();
            delivery.execute(by, &command, Load { others, limit }, now)?;
            // A rider who repeats `Start` still waits for the order, which may have missed the event: publish it again.
            if command == Command::Start && before.state == DeliveryState::Departing {
                return Ok(Some(published(delivery)));
            }
            Ok(changed(present, delivery))
        };
        let decided = self.ledger.change(order_id, command.taker(by), &decide).await??;
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

    /// What has happened to the delivery of one order, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history(&self, order_id: OrderId) -> Result<Vec<HistoryEntry>, DeliveryError> {
        Ok(self.ledger.history(order_id).await?)
    }
}
