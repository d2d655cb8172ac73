//! The commands of store owners, and why they are rejected.

use fdp_contracts::{OrderId, TicketState};

/// A command of a store owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Accepts the order.
    Accept,
    /// Rejects the order, or gives it up after accepting it; not once the food is ready.
    Reject {
        /// Why, as a text for the customer.
        reason: String,
    },
    /// Starts cooking.
    StartCooking,
    /// Has the food ready for the rider.
    FinishCooking,
    /// Hands the food over to the rider.
    HandOver,
}

impl Command {
    /// The name of the command, as in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject { .. } => "reject",
            Self::StartCooking => "start-cooking",
            Self::FinishCooking => "finish-cooking",
            Self::HandOver => "hand-over",
        }
    }
}

/// The state of the ticket does not allow the command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ticket of order {order_id} is {}, so that '{command}' is not possible; {}", .state.name(), advice(.possible))]
pub struct CommandError {
    /// The order.
    pub order_id: OrderId,
    /// The state of the ticket.
    pub state: TicketState,
    /// The rejected command.
    pub command: &'static str,
    /// The names of the commands that are possible now.
    pub possible: &'static [&'static str],
}

fn advice(possible: &[&str]) -> String {
    match possible {
        [] => "nothing more can be done with it".to_owned(),
        commands => format!("possible now: {}", commands.join(", ")),
    }
}

/// The next command of an automatic store for a ticket in `state`.
pub fn next(state: TicketState) -> Option<Command> {
    match state {
        TicketState::Received => Some(Command::Accept),
        TicketState::Accepted => Some(Command::StartCooking),
        TicketState::CookingStarted => Some(Command::FinishCooking),
        TicketState::CookingFinished | TicketState::Rejected | TicketState::Cancelled => None,
    }
}
