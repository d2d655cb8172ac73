//! The ticket: the store's side of one order, and the steps that its owner can take.

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
    /// When the customer ordered.
    pub placed_at: DateTime<Utc>,
    /// When it last changed.
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
}

impl Command {
    /// The command's name, as in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject { .. } => "reject",
            Self::StartCooking => "start-cooking",
            Self::FinishCooking => "finish-cooking",
        }
    }
}

/// A command that the ticket's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ticket of order {order_id} is {}, so that '{command}' is not possible; {}", state_name(*.state), advice(*.state))]
pub struct Refusal {
    /// The order.
    pub order_id: OrderId,
    /// Where the ticket is.
    pub state: TicketState,
    /// What was asked.
    pub command: &'static str,
}

fn advice(state: TicketState) -> String {
    match possible(state) {
        [] => "nothing more can be done with it".to_owned(),
        commands => format!("possible now: {}", commands.join(", ")),
    }
}

/// The names of the commands that a ticket in `state` allows.
pub fn possible(state: TicketState) -> &'static [&'static str] {
    match state {
        TicketState::Received => &["accept", "reject"],
        TicketState::Accepted => &["start-cooking"],
        TicketState::CookingStarted => &["finish-cooking"],
        TicketState::CookingFinished | TicketState::Rejected | TicketState::Cancelled => &[],
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

    /// Does what the owner says.
    ///
    /// # Errors
    /// When the ticket's state does not allow it; the ticket is unchanged then.
    pub fn obey(&mut self, command: Command, now: DateTime<Utc>) -> Result<(), Refusal> {
        let name = command.name();
        let (state, reason) = match (self.state, command) {
            (TicketState::Received, Command::Accept) => (TicketState::Accepted, None),
            (TicketState::Received, Command::Reject { reason }) => (TicketState::Rejected, Some(reason)),
            (TicketState::Accepted, Command::StartCooking) => (TicketState::CookingStarted, None),
            (TicketState::CookingStarted, Command::FinishCooking) => (TicketState::CookingFinished, None),
            (state, _) => {
                return Err(Refusal {
                    order_id: self.order_id,
                    state,
                    command: name,
                });
            }
        };
        self.state = state;
        self.reason = reason;
        self.changed_at = now;
        Ok(())
    }

    /// The order has ended; false when the store was done with it anyway.
    pub fn cancel(&mut self, reason: Option<String>, now: DateTime<Utc>) -> bool {
        let under_way = next(self.state).is_some();
        if under_way {
            self.state = TicketState::Cancelled;
            self.reason = reason;
            self.changed_at = now;
        }
        under_way
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
mod tests {
    use super::*;
    use fdp_contracts::OrderState;
    use proptest::prelude::*;

    fn ticket() -> Ticket {
        let order = OrderSnapshot {
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: vec![],
            amount: 10_000,
            state: OrderState::Placed,
            reason: None,
            version: 1,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        };
        Ticket::received(&order, Utc::now())
    }

    fn commands() -> [Command; 4] {
        let reason = "sold out".to_owned();
        [
            Command::Accept,
            Command::Reject { reason },
            Command::StartCooking,
            Command::FinishCooking,
        ]
    }

    #[derive(Debug, Clone)]
    enum Input {
        Owner(Command),
        OrderEnded,
    }

    fn inputs() -> impl Strategy<Value = Vec<Input>> {
        let input = prop_oneof![
            8 => proptest::sample::select(commands().to_vec()).prop_map(Input::Owner),
            1 => Just(Input::OrderEnded),
        ];
        prop::collection::vec(input, 0..20)
    }

    #[test]
    fn a_store_that_acts_by_itself_gets_every_ticket_cooked() {
        let mut ticket = ticket();
        while let Some(command) = next(ticket.state) {
            ticket.obey(command, Utc::now()).unwrap();
        }
        assert_eq!(ticket.state, TicketState::CookingFinished);
    }

    #[test]
    fn a_refusal_says_where_the_ticket_is_and_what_is_possible() {
        let mut ticket = ticket();
        let refusal = ticket
            .obey(Command::FinishCooking, Utc::now())
            .unwrap_err()
            .to_string();
        assert!(
            refusal.ends_with(
                "is Received, so that 'finish-cooking' is not possible; possible now: accept, reject"
            ),
            "{refusal}"
        );
        ticket.cancel(None, Utc::now());
        let refusal = ticket.obey(Command::Accept, Utc::now()).unwrap_err().to_string();
        assert!(refusal.ends_with("nothing more can be done with it"), "{refusal}");
    }

    #[test]
    fn cooked_food_is_not_uncooked_by_a_cancellation() {
        let mut ticket = ticket();
        ticket.state = TicketState::CookingFinished;
        assert!(!ticket.cancel(None, Utc::now()));
        assert_eq!(ticket.state, TicketState::CookingFinished);
    }

    proptest! {
        #[test]
        fn a_ticket_obeys_exactly_the_commands_that_it_lists_and_never_leaves_its_end(inputs in inputs()) {
            let mut ticket = ticket();
            for input in inputs {
                let before = ticket.clone();
                match input {
                    Input::Owner(command) => {
                        let listed = possible(before.state).contains(&command.name());
                        prop_assert_eq!(ticket.obey(command, Utc::now()).is_ok(), listed);
                        prop_assert_eq!(ticket.state != before.state, listed);
                    }
                    Input::OrderEnded => {
                        let under_way = !possible(before.state).is_empty();
                        prop_assert_eq!(ticket.cancel(Some("changed my mind".into()), Utc::now()), under_way);
                        prop_assert_eq!(ticket.state == TicketState::Cancelled, under_way || before.state == TicketState::Cancelled);
                    }
                }
            }
        }
    }
}
