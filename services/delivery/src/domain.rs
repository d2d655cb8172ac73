//! The delivery of one order: requested with the order, ready with the food, then on the rider's word. Whether he
//! may leave with it the order says: it may have been cancelled in the same moment.

pub mod position;

use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryId, DeliverySnapshot, DeliveryState, OrderId};
use position::Position;

/// The delivery of one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub delivery_id: DeliveryId,
    /// What is delivered, from where and to whom.
    pub parcel: Parcel,
    /// Where it is on its way.
    pub state: DeliveryState,
    /// Who delivers, once someone does.
    pub rider_id: Option<String>,
    /// Where the rider was last, if he told.
    pub position: Option<Position>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its state last changed.
    pub changed_at: DateTime<Utc>,
}

/// What a delivery is about. Events of the order and of its ticket both tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The order.
    pub order_id: OrderId,
    /// To whom.
    pub customer_id: String,
    /// From where.
    pub store_id: String,
}

/// What a delivery hears from other services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The order was placed.
    OrderPlaced,
    /// The order may leave; from now on it cannot be cancelled.
    OrderOnTheWay,
    /// The order ended before the door.
    OrderEnded,
    /// The food is ready.
    FoodReady,
}

/// What a rider does.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Takes the delivery on, or is given it.
    Assign {
        /// Who.
        rider_id: String,
    },
    /// Says where he is.
    Locate(Position),
    /// Is about to leave the store with the food.
    Start,
    /// Hands it over at the door.
    Deliver,
}

impl Command {
    /// The command's name, as in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "assign",
            Self::Locate(_) => "position",
            Self::Start => "start",
            Self::Deliver => "deliver",
        }
    }
}

/// A command that is not obeyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It contradicts where the delivery is.
    #[error("the delivery of order {order_id} is {}, so that '{command}' is not possible; {}", state_name(*.state), advice(*.state))]
    State {
        /// The order.
        order_id: OrderId,
        /// Where the delivery is.
        state: DeliveryState,
        /// What was asked.
        command: &'static str,
    },
    /// Another rider has it.
    #[error("another rider has the delivery of order {0}")]
    AnotherRiders(OrderId),
    /// A rider gives it to another one.
    #[error("a rider takes deliveries on for themselves: leave riderId out")]
    ForAnother,
    /// A rider acts on what nobody has taken on.
    #[error("nobody has taken the delivery of order {0} on; take it on first with assign, or with start")]
    Unassigned(OrderId),
}

fn advice(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Requested => "it waits for the store to finish cooking",
        DeliveryState::Ready => "possible now: assign, position, start",
        DeliveryState::Departing => "it waits for the order's word that it may leave, which takes moments",
        DeliveryState::Started => "possible now: position, deliver",
        DeliveryState::Delivered => "nothing more can be done with it",
        DeliveryState::Cancelled => "the order has ended, so that nothing is to be delivered",
    }
}

/// What a rider that acts by itself does next with a delivery in `state`.
pub fn next(state: DeliveryState) -> Option<Command> {
    match state {
        DeliveryState::Ready => Some(Command::Start),
        DeliveryState::Started => Some(Command::Deliver),
        DeliveryState::Requested
        | DeliveryState::Departing
        | DeliveryState::Delivered
        | DeliveryState::Cancelled => None,
    }
}

/// The state's name, as in events and as it is stored.
pub fn state_name(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Requested => "Requested",
        DeliveryState::Ready => "Ready",
        DeliveryState::Departing => "Departing",
        DeliveryState::Started => "Started",
        DeliveryState::Delivered => "Delivered",
        DeliveryState::Cancelled => "Cancelled",
    }
}

impl Delivery {
    /// For an order that was not heard of before. The news may come in any order: an order that has ended gets
    /// a cancelled delivery, so that what is heard of it later starts nothing.
    pub fn new(parcel: Parcel, news: News, now: DateTime<Utc>) -> Self {
        Self {
            // An order has one delivery, so that its id can follow from the order's: two replicas that make it in
            // the same moment make the same.
            delivery_id: parcel.order_id.uuid().into(),
            parcel,
            state: match news {
                News::OrderPlaced => DeliveryState::Requested,
                News::FoodReady => DeliveryState::Ready,
                News::OrderOnTheWay => DeliveryState::Started,
                News::OrderEnded => DeliveryState::Cancelled,
            },
            rider_id: None,
            position: None,
            created_at: now,
            changed_at: now,
        }
    }

    /// Takes note of news; news that does not matter any more changes nothing.
    pub fn hear(&mut self, news: News, now: DateTime<Utc>) {
        use DeliveryState::{Cancelled, Departing, Ready, Requested, Started};
        let state = match (news, self.state) {
            (News::FoodReady, Requested) => Ready,
            (News::OrderOnTheWay, Requested | Ready | Departing) => Started,
            // Never once it has started: the order says that it is on its way or that it has ended, not both.
            (News::OrderEnded, Requested | Ready | Departing) => Cancelled,
            _ => return,
        };
        self.enter(state, now);
    }

    /// Does what the rider `by` says; `None` is someone who may do all. What has been done already is done: saying it
    /// again changes nothing.
    ///
    /// # Errors
    /// When it contradicts where the delivery is, or is another rider's to say; the delivery is unchanged then.
    pub fn obey(&mut self, by: Option<&str>, command: &Command, now: DateTime<Utc>) -> Result<(), Refusal> {
        use DeliveryState::{Cancelled, Delivered, Departing, Ready, Requested, Started};
        if let Some(rider) = by {
            self.admit(rider, command)?;
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
                return Err(Refusal::State {
                    order_id: self.parcel.order_id,
                    state: self.state,
                    command: command.name(),
                });
            }
        }
        // A rider who leaves with what nobody had taken on has taken it on.
        if let (Some(rider), Command::Start) = (by, command)
            && !self.has_ended()
        {
            self.rider_id.get_or_insert_with(|| rider.to_owned());
        }
        Ok(())
    }

    /// Whether `rider` may say `command`.
    fn admit(&self, rider: &str, command: &Command) -> Result<(), Refusal> {
        let order_id = self.parcel.order_id;
        match (self.rider_id.as_deref(), command) {
            (_, Command::Assign { rider_id }) if rider_id != rider => Err(Refusal::ForAnother),
            (Some(other), _) if other != rider => Err(Refusal::AnotherRiders(order_id)),
            (None, Command::Locate(_) | Command::Deliver) if !self.has_ended() => {
                Err(Refusal::Unassigned(order_id))
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

    /// Keeps the latest position, whichever comes first.
    fn locate(&mut self, position: Position, now: DateTime<Utc>) {
        // From a clock that is fast: it must not hide all that follow.
        let position = position.no_later_than(now);
        if self.position.is_none_or(|known| known.at() < position.at()) {
            self.position = Some(position);
        }
    }

    /// What other services see.
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

#[cfg(test)]
mod tests;
