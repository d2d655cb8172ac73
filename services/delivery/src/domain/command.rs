//! The commands of riders, and why they are rejected.

use super::actor::Actor;
use super::position::Position;
use super::state::advice;
use fdp_contracts::{DeliveryState, OrderId};

/// A command of a rider.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Takes the delivery on, or gives it to a rider.
    Assign {
        /// Who delivers.
        rider_id: String,
    },
    /// Leaves the delivery to other riders.
    GiveBack {
        /// Why, in words.
        reason: String,
    },
    /// Reports the position of the rider.
    Locate(Position),
    /// Leaves the store with the food, as soon as the order allows it.
    Start,
    /// Hands the food over to the customer.
    Deliver,
}

impl Command {
    /// The name of the command, as in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "assign",
            Self::GiveBack { .. } => "give-back",
            Self::Locate(_) => "position",
            Self::Start => "start",
            Self::Deliver => "deliver",
        }
    }

    /// The rider who has one delivery more after this command of `by`, unless he has it already.
    pub fn taker<'a>(&'a self, by: &'a Actor) -> Option<&'a str> {
        match self {
            Self::Assign { rider_id } => Some(rider_id),
            Self::Start => by.rider(),
            Self::GiveBack { .. } | Self::Locate(_) | Self::Deliver => None,
        }
    }
}

/// Why a command was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The state of the delivery does not allow it.
    #[error("the delivery of order {order_id} is {}, so that '{command}' is not possible; {}", .state.name(), advice(*.state))]
    WrongState {
        /// The order.
        order_id: OrderId,
        /// The state of the delivery.
        state: DeliveryState,
        /// The rejected command.
        command: &'static str,
    },
    /// The store has not begun to cook.
    #[error("the delivery of order {0} is not offered yet: it waits for the store to begin to cook")]
    NotOffered(OrderId),
    /// The rider has enough to do.
    #[error(
        "rider {rider_id} has {limit} deliveries under way, and more at once are not allowed; deliver one first, or give \
         one back"
    )]
    TooMany {
        /// The rider.
        rider_id: String,
        /// How many deliveries a rider may have at once.
        limit: u32,
    },
    /// Another rider has taken it on.
    #[error("another rider has the delivery of order {0}")]
    AssignedToOther(OrderId),
    /// A rider assigns it to another rider.
    #[error("a rider takes deliveries on for themselves: leave riderId out")]
    AssignsOther,
    /// The rider has to take it on first.
    #[error("nobody has taken the delivery of order {0} on; take it on first with assign, or with start")]
    Unassigned(OrderId),
}

/// The next command of an automatic rider for a delivery in `state`.
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
