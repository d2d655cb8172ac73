//! What riders do with deliveries.

mod board;

use crate::domain::position::{NoSuchPlace, Position};
use crate::domain::{Command, Delivery, Refusal, state_name};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use fdp_contracts::{DeliveryState, Event, OrderId};
use fdp_kit::Clock;
use fdp_kit::ledger::{Change, Ledger, LedgerError};
use std::sync::Arc;

pub use board::{Board, Filter};

/// The use cases of riders.
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
    /// Its state contradicts the command, or it is another rider's.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What is kept failed; nothing has changed.
    #[error("keeping deliveries: {0}")]
    Ledger(#[from] LedgerError),
}

impl Deliveries {
    /// Works on the deliveries of `ledger`.
    pub fn new(ledger: Arc<dyn Ledger<Delivery>>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }

    /// Does what someone who may do all says with the order's delivery: as [`Self::command_by`] nobody in particular.
    ///
    /// # Errors
    /// As there.
    pub async fn command(&self, order_id: OrderId, command: Command) -> Result<Delivery, DeliveryError> {
        self.command_by(None, order_id, command).await
    }

    /// Does what the rider `by` says with the order's delivery, and gives the delivery as it is then; `None` is someone
    /// who may do all. What has been done already is not done again.
    ///
    /// # Errors
    /// When there is no such delivery, its state contradicts the command, it is another rider's, or it cannot be kept.
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
                delivery.obey(by, &command, now)?;
                // Who waits for the order's word and asks again may do so because the order missed the news.
                if command == Command::Start && before.state == DeliveryState::Departing {
                    return Ok(Some(announced(delivery)));
                }
                Ok::<_, Refusal>(changed(present, delivery))
            })
            .await??;
        decided.aggregate.ok_or(DeliveryError::NotFound(order_id))
    }

    /// Where a rider is, or was at the time `at`, which counts as at most a day ago.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn position(&self, lat: f64, lng: f64, at: Option<DateTime<Utc>>) -> Result<Position, NoSuchPlace> {
        let now = self.clock.now();
        // As exact as it is kept.
        let at = at.map_or(now, |at| at.trunc_subsecs(6).clamp(now - TimeDelta::days(1), now));
        Position::new(lat, lng, at)
    }

    /// The delivery of one order.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub async fn delivery(&self, order_id: OrderId) -> Result<Delivery, DeliveryError> {
        let delivery = self.ledger.find(order_id).await?;
        delivery.ok_or(DeliveryError::NotFound(order_id))
    }
}

/// What a delivery that was `before` and is `after` now comes to: nothing if it is the same, and no news for the
/// world if only rider or position are new.
pub(crate) fn changed(before: Option<&Delivery>, after: Delivery) -> Option<Change<Delivery>> {
    if before == Some(&after) {
        return None;
    }
    if before.is_some_and(|before| before.state == after.state) {
        return Some(Change {
            aggregate: after,
            events: Vec::new(),
        });
    }
    let (order_id, state) = (after.parcel.order_id, state_name(after.state));
    tracing::info!(%order_id, delivery_id = %after.delivery_id, state, "a delivery changed");
    Some(announced(after))
}

fn announced(delivery: Delivery) -> Change<Delivery> {
    let event = Event::Delivery(delivery.snapshot());
    Change::announced(delivery, event)
}
