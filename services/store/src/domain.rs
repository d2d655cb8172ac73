//! The ticket: the store's side of one order, and the steps that its owner can take.

pub mod place;

use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderLine, OrderSnapshot, TicketSnapshot, TicketState};

/// The store's side of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The order.
    pub order_id: OrderId,
    /// The store that cooks.
    pub store_id: String,
    /// Who ordered.
    pub customer_id: String,
    /// What to cook.
    pub lines: Vec<OrderLine>,
    /// What was paid, in won.
    pub amount: u64,
    /// Where the store is with it.
    pub state: TicketState,
    /// Why it was refused or cancelled, if it was.
    pub reason: Option<String>,
    /// When the owner was told that an order has come in; never, if the order had ended by then.
    pub notified_at: Option<DateTime<Utc>>,
    /// When the rider got the food, if the owner said so. That is the store's own note: for the world the store is
    /// done when the food is ready.
    pub handed_over_at: Option<DateTime<Utc>>,
    /// When the order ended, if that was after the food was ready: nobody comes for it any more.
    pub order_ended_at: Option<DateTime<Utc>>,
    /// When the customer ordered.
    pub placed_at: DateTime<Utc>,
    /// When its state last changed.
    pub changed_at: DateTime<Utc>,
}

/// What an owner does with a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Takes the order on.
    Accept,
    /// Refuses the order.
    Reject {
        /// Why, in words for the customer.
        reason: String,
    },
    /// Begins to cook.
    StartCooking,
    /// Has it ready for the rider.
    FinishCooking,
    /// Gives it to the rider.
    HandOver,
}

impl Command {
    /// The command's name, as in the API.
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

/// A command that contradicts where the ticket is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ticket of order {order_id} is {}, so that '{command}' is not possible; {}", state_name(*.state), advice(.possible))]
pub struct Refusal {
    /// The order.
    pub order_id: OrderId,
    /// Where the ticket is.
    pub state: TicketState,
    /// What was asked.
    pub command: &'static str,
    /// What could be asked instead.
    pub possible: &'static [&'static str],
}

fn advice(possible: &[&str]) -> String {
    match possible {
        [] => "nothing more can be done with it".to_owned(),
        commands => format!("possible now: {}", commands.join(", ")),
    }
}

fn next_commands(state: TicketState) -> &'static [&'static str] {
    match state {
        TicketState::Received => &["accept", "reject"],
        TicketState::Accepted => &["start-cooking"],
        TicketState::CookingStarted => &["finish-cooking"],
        TicketState::CookingFinished => &["hand-over"],
        TicketState::Rejected | TicketState::Cancelled => &[],
    }
}

/// What a store that acts by itself does next with a ticket in `state`.
pub fn next(state: TicketState) -> Option<Command> {
    match state {
        TicketState::Received => Some(Command::Accept),
        TicketState::Accepted => Some(Command::StartCooking),
        TicketState::CookingStarted => Some(Command::FinishCooking),
        TicketState::CookingFinished | TicketState::Rejected | TicketState::Cancelled => None,
    }
}

/// The state's name, as in events and as it is stored.
pub fn state_name(state: TicketState) -> &'static str {
    match state {
        TicketState::Received => "Received",
        TicketState::Accepted => "Accepted",
        TicketState::Rejected => "Rejected",
        TicketState::CookingStarted => "CookingStarted",
        TicketState::CookingFinished => "CookingFinished",
        TicketState::Cancelled => "Cancelled",
    }
}

impl Ticket {
    /// For an order that has come in; the owner is told of it.
    pub fn received(order: &OrderSnapshot, now: DateTime<Utc>) -> Self {
        Self {
            order_id: order.order_id,
            store_id: order.store_id.clone(),
            customer_id: order.customer_id.clone(),
            lines: order.lines.clone(),
            amount: order.amount,
            state: TicketState::Received,
            reason: None,
            notified_at: Some(now),
            handed_over_at: None,
            order_ended_at: None,
            placed_at: order.placed_at,
            changed_at: now,
        }
    }

    /// For an order that had ended before the store heard of it: nobody is to cook it.
    pub fn stillborn(order: &OrderSnapshot, now: DateTime<Utc>) -> Self {
        Self {
            state: TicketState::Cancelled,
            reason: order.reason.clone(),
            notified_at: None,
            ..Self::received(order, now)
        }
    }

    /// The names of the commands that change the ticket now.
    pub fn possible(&self) -> &'static [&'static str] {
        if self.handed_over_at.is_some() || self.order_ended_at.is_some() {
            return &[];
        }
        next_commands(self.state)
    }

    /// Does what the owner says. What has been done already is done: saying it again changes nothing.
    ///
    /// # Errors
    /// When it contradicts where the ticket is; the ticket is unchanged then.
    pub fn obey(&mut self, command: &Command, now: DateTime<Utc>) -> Result<(), Refusal> {
        use TicketState::{Accepted, CookingFinished, CookingStarted, Received, Rejected};
        match (command, self.state) {
            (Command::Accept, Received) => self.enter(Accepted, None, now),
            (Command::Reject { reason }, Received) => self.enter(Rejected, Some(reason.clone()), now),
            (Command::StartCooking, Accepted) => self.enter(CookingStarted, None, now),
            (Command::FinishCooking, CookingStarted) => self.enter(CookingFinished, None, now),
            (Command::HandOver, CookingFinished) if self.handed_over_at.is_some() => {}
            (Command::HandOver, CookingFinished) if self.order_ended_at.is_none() => {
                self.handed_over_at = Some(now);
            }
            (Command::Accept, Accepted | CookingStarted | CookingFinished)
            | (Command::StartCooking, CookingStarted | CookingFinished)
            | (Command::FinishCooking, CookingFinished)
            | (Command::Reject { .. }, Rejected) => {}
            (_, state) => {
                return Err(Refusal {
                    order_id: self.order_id,
                    state,
                    command: command.name(),
                    possible: self.possible(),
                });
            }
        }
        Ok(())
    }

    fn enter(&mut self, state: TicketState, reason: Option<String>, now: DateTime<Utc>) {
        self.state = state;
        self.reason = reason;
        self.changed_at = now;
    }

    /// The order has ended: a ticket that is under way is cancelled. Food that is cooked stays cooked, and its ticket
    /// says that nobody comes for it.
    pub fn cancel(&mut self, reason: Option<String>, now: DateTime<Utc>) {
        if next(self.state).is_some() {
            self.enter(TicketState::Cancelled, reason, now);
        } else if self.state == TicketState::CookingFinished {
            self.order_ended_at.get_or_insert(now);
        }
    }

    /// What other services see.
    pub fn snapshot(&self) -> TicketSnapshot {
        TicketSnapshot {
            order_id: self.order_id,
            store_id: self.store_id.clone(),
            customer_id: self.customer_id.clone(),
            state: self.state,
            reason: self.reason.clone(),
            changed_at: self.changed_at,
        }
    }
}

#[cfg(test)]
mod tests;
