//! The delivery of one order: how events and commands change it.

use super::command::{Command, CommandError};
use super::event::UpstreamEvent;
use super::position::Position;
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryId, DeliverySnapshot, DeliveryState, OrderId};

/// The delivery of one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub delivery_id: DeliveryId,
    /// What is delivered, from where and to whom.
    pub parcel: Parcel,
    /// Its state.
    pub state: DeliveryState,
    /// The rider who has taken it on.
    pub rider_id: Option<String>,
    /// The last reported position of the rider.
    pub position: Option<Position>,
    /// When the delivery was created.
    pub created_at: DateTime<Utc>,
    /// When its state last changed.
    pub changed_at: DateTime<Utc>,
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
        Self {
            // Derived from the order's id, because two replicas may create the delivery at the same time.
            delivery_id: parcel.order_id.uuid().into(),
            parcel,
            state: match event {
                UpstreamEvent::OrderPlaced => DeliveryState::Requested,
                UpstreamEvent::FoodReady => DeliveryState::Ready,
                UpstreamEvent::OrderOnTheWay => DeliveryState::Started,
                UpstreamEvent::OrderEnded => DeliveryState::Cancelled,
            },
            rider_id: None,
            position: None,
            created_at: now,
            changed_at: now,
        }
    }

    /// Applies an event; an outdated event changes nothing.
    pub fn apply(&mut self, event: UpstreamEvent, now: DateTime<Utc>) {
        use DeliveryState::{Cancelled, Departing, Ready, Requested, Started};
        let state = match (event, self.state) {
            (UpstreamEvent::FoodReady, Requested) => Ready,
            (UpstreamEvent::OrderOnTheWay, Requested | Ready | Departing) => Started,
            // A started delivery is never cancelled: an order that is on its way cannot end any more.
            (UpstreamEvent::OrderEnded, Requested | Ready | Departing) => Cancelled,
            _ => return,
        };
        self.enter(state, now);
    }

    /// Executes a command of the rider `by`; `None` is an administrator. A repeated command changes nothing.
    ///
    /// # Errors
    /// When the state of the delivery does not allow it, or the rider may not do it; the delivery is unchanged then.
    pub fn execute(
        &mut self,
        by: Option<&str>,
        command: &Command,
        now: DateTime<Utc>,
    ) -> Result<(), CommandError> {
        use DeliveryState::{Cancelled, Delivered, Departing, Ready, Requested, Started};
        if let Some(rider) = by {
            self.authorize(rider, command)?;
        }
        match (command, self.state) {
            (Command::Assign { rider_id }, _) if self.rider_id.as_ref() == Some(rider_id) => {}
            (Command::Assign { rider_id }, Requested | Ready) => self.rider_id = Some(rider_id.clone()),
            (Command::Locate(position), Requested | Ready | Departing | Started) => {
                self.locate(*position, now);
            }
            (Command::Start, Ready) => self.enter(Departing, now),
            (Command::Start, Departing | Started | Delivered) | (Command::Deliver, Delivered) => {}
            (Command::Deliver, Started) => self.enter(Delivered, now),
            (Command::Assign { .. }, Departing | Started | Delivered | Cancelled)
            | (Command::Locate(_), Delivered | Cancelled)
            | (Command::Start, Requested | Cancelled)
            | (Command::Deliver, Requested | Ready | Departing | Cancelled) => {
                return Err(CommandError::WrongState {
                    order_id: self.parcel.order_id,
                    state: self.state,
                    command: command.name(),
                });
            }
        }
        // A rider who leaves with an unassigned delivery takes it on.
        if let (Some(rider), Command::Start) = (by, command)
            && !self.has_ended()
        {
            self.rider_id.get_or_insert_with(|| rider.to_owned());
        }
        Ok(())
    }

    /// Whether `rider` may give `command`.
    fn authorize(&self, rider: &str, command: &Command) -> Result<(), CommandError> {
        let order_id = self.parcel.order_id;
        match (self.rider_id.as_deref(), command) {
            (_, Command::Assign { rider_id }) if rider_id != rider => Err(CommandError::AssignsOther),
            (Some(other), _) if other != rider => Err(CommandError::AssignedToOther(order_id)),
            (None, Command::Locate(_) | Command::Deliver) if !self.has_ended() => {
                Err(CommandError::Unassigned(order_id))
            }
            _ => Ok(()),
        }
    }

    fn has_ended(&self) -> bool {
        matches!(self.state, DeliveryState::Delivered | DeliveryState::Cancelled)
    }

    fn enter(&mut self, state: DeliveryState, now: DateTime<Utc>) {
        self.state = state;
        self.changed_at = now;
    }

    /// Keeps the position with the latest time, in whichever order they arrive.
    fn locate(&mut self, position: Position, now: DateTime<Utc>) {
        // A time from a fast clock must not hide later positions.
        let position = position.no_later_than(now);
        if self.position.is_none_or(|known| known.at() < position.at()) {
            self.position = Some(position);
        }
    }

    /// The delivery as it is published.
    pub fn snapshot(&self) -> DeliverySnapshot {
        DeliverySnapshot {
            delivery_id: self.delivery_id,
            order_id: self.parcel.order_id,
            customer_id: self.parcel.customer_id.clone(),
            store_id: self.parcel.store_id.clone(),
            state: self.state,
            changed_at: self.changed_at,
        }
    }
}
