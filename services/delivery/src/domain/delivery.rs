//! The delivery of one order: how the events of other services change it.

use super::actor::Actor;
use super::event::{USUAL_PICK_UP_WITHIN_MINUTES, UpstreamEvent};
use super::history::{HistoryEntry, what};
use super::position::Position;
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryId, DeliverySnapshot, DeliveryState, OrderId};
use std::mem;

/// The delivery of one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub delivery_id: DeliveryId,
    /// What is delivered, from where and to whom.
    pub parcel: Parcel,
    /// Its state.
    pub state: DeliveryState,
    /// Since when riders may take it on; `None` until the store begins to cook.
    pub offered_at: Option<DateTime<Utc>>,
    /// The rider who has taken it on.
    pub rider_id: Option<String>,
    /// The last reported position of the rider.
    pub position: Option<Position>,
    /// For how many minutes the food may wait for that rider, once it is ready.
    pub pick_up_within_minutes: u32,
    /// When the delivery was created.
    pub created_at: DateTime<Utc>,
    /// When its state last changed.
    pub changed_at: DateTime<Utc>,
    /// What has happened since it was read: its history grows by this when it is stored.
    pub happened: Vec<HistoryEntry>,
}

/// What is delivered. Events of the order and of its ticket both contain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The order.
    pub order_id: OrderId,
    /// To whom.
    pub customer_id: String,
    /// From where.
    pub store_id: String,
}

impl Delivery {
    /// Creates a delivery from the first event about its order. Events arrive in any order: if the order has ended, the
    /// delivery is created as cancelled, so that later events do not start it.
    pub fn new(parcel: Parcel, event: UpstreamEvent, now: DateTime<Utc>) -> Self {
        let state = match event {
            UpstreamEvent::OrderPlaced | UpstreamEvent::CookingStarted => DeliveryState::Requested,
            UpstreamEvent::FoodReady { .. } => DeliveryState::Ready,
            UpstreamEvent::OrderOnTheWay => DeliveryState::Started,
            UpstreamEvent::OrderEnded => DeliveryState::Cancelled,
        };
        let mut delivery = Self {
            // Derived from the order's id, because two replicas may create the delivery at the same time.
            delivery_id: parcel.order_id.uuid().into(),
            parcel,
            state,
            offered_at: None,
            rider_id: None,
            position: None,
            pick_up_within_minutes: USUAL_PICK_UP_WITHIN_MINUTES,
            created_at: now,
            changed_at: now,
            happened: Vec::new(),
        };
        delivery.record(now, state.name(), &event.by(), None);
        delivery.heed(event, now);
        delivery
    }

    /// Applies an event; an outdated event changes nothing.
    pub fn apply(&mut self, event: UpstreamEvent, now: DateTime<Utc>) {
        use DeliveryState::{Cancelled, Departing, Ready, Requested, Started};
        let state = match (event, self.state) {
            (UpstreamEvent::CookingStarted, Requested) => Requested,
            (UpstreamEvent::FoodReady { .. }, Requested) => Ready,
            (UpstreamEvent::OrderOnTheWay, Requested | Ready | Departing) => Started,
            // A started delivery is never cancelled: an order that is on its way cannot end any more.
            (UpstreamEvent::OrderEnded, Requested | Ready | Departing) => Cancelled,
            _ => return,
        };
        if mem::replace(&mut self.state, state) != state {
            self.changed_at = now;
            self.record(now, state.name(), &event.by(), None);
        }
        self.heed(event, now);
    }

    /// Keeps what an event tells beside the state.
    fn heed(&mut self, event: UpstreamEvent, now: DateTime<Utc>) {
        if let UpstreamEvent::FoodReady {
            pick_up_within_minutes,
        } = event
        {
            self.pick_up_within_minutes = pick_up_within_minutes;
        }
        if event.offers() && self.offered_at.is_none() {
            self.offered_at = Some(now);
            self.record(now, what::OFFERED, &event.by(), None);
        }
    }

    /// Whether riders may take it on.
    pub fn is_free(&self) -> bool {
        self.rider_id.is_none() && self.offered_at.is_some() && !self.has_ended()
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, DeliveryState::Delivered | DeliveryState::Cancelled)
    }

    /// Leaves it to whoever takes it on next.
    pub(super) fn free(&mut self) {
        self.rider_id = None;
        self.position = None;
    }

    /// Adds an entry about the rider who has the delivery now.
    pub(super) fn record(&mut self, at: DateTime<Utc>, what: &str, by: &Actor, reason: Option<&str>) {
        self.happened.push(HistoryEntry {
            at,
            what: what.to_owned(),
            by: by.to_string(),
            rider_id: self.rider_id.clone(),
            reason: reason.map(str::to_owned),
        });
    }

    /// The delivery as it is published.
    pub fn snapshot(&self) -> DeliverySnapshot {
        DeliverySnapshot {
            delivery_id: self.delivery_id,
            order_id: self.parcel.order_id,
            customer_id: self.parcel.customer_id.clone(),
            store_id: self.parcel.store_id.clone(),
            state: self.state,
            rider_id: self.rider_id.clone(),
            changed_at: self.changed_at,
        }
    }
}
