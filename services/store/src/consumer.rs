//! What the store does when it hears of an order.

use crate::app::{Bell, changed};
use crate::domain::Ticket;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderState};
use fdp_kit::Incoming;
use fdp_kit::inbox::Reaction;
use fdp_kit::ledger::Change;

/// Makes a ticket for each order that is placed, and cancels those of orders that end before the door.
#[derive(Debug, Clone)]
pub struct OrderEvents {
    bell: Bell,
}

impl OrderEvents {
    /// Rings `bell` for owners who watch.
    pub fn new(bell: Bell) -> Self {
        Self { bell }
    }
}

impl Reaction for OrderEvents {
    type Aggregate = Ticket;

    fn concerns(&self, kind: &str) -> bool {
        let orders = [OrderState::Placed, OrderState::Cancelled, OrderState::Rejected];
        orders.iter().any(|state| state.event_type() == kind)
    }

    fn react(&self, present: Option<&Ticket>, event: &Event, now: DateTime<Utc>) -> Option<Change<Ticket>> {
        let Event::Order(order) = event else {
            return None;
        };
        let ticket = match (order.state, present) {
            (OrderState::Placed, None) => Ticket::received(order, now),
            // The order has ended before the store has heard of it: it must not be cooked when it comes after all.
            (OrderState::Cancelled | OrderState::Rejected, None) => Ticket::stillborn(order, now),
            (OrderState::Cancelled | OrderState::Rejected, Some(present)) => {
                let mut ticket = present.clone();
                ticket.cancel(order.reason.clone(), now);
                ticket
            }
            _ => return None,
        };
        changed(present, ticket)
    }

    fn committed(&self, events: &[Incoming]) {
        self.bell
            .announce(events.iter().filter_map(|incoming| match &incoming.event {
                Event::Order(order) => Some(order.store_id.clone()),
                _ => None,
            }));
    }
}
