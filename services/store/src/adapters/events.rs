//! Consumes the events of orders, and passes them to the use case that makes and cancels tickets.

use crate::application::notifier::TicketNotifier;
use crate::application::order_events;
use crate::domain::Ticket;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderState};
use fdp_kit::Incoming;
use fdp_kit::inbox::Reaction;
use fdp_kit::ledger::Change;

/// The handler of order events.
#[derive(Debug, Clone)]
pub struct OrderEvents {
    notifier: TicketNotifier,
}

impl OrderEvents {
    /// Handles order events; `notifier` wakes owners who watch their tickets.
    pub fn new(notifier: TicketNotifier) -> Self {
        Self { notifier }
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
        order_events::apply(present, order, now)
    }

    fn committed(&self, events: &[Incoming]) {
        self.notifier
            .announce(events.iter().filter_map(|incoming| match &incoming.event {
                Event::Order(order) => Some(order.store_id.clone()),
                _ => None,
            }));
    }
}
