//! Consumes the events of orders, and passes them to the use case that creates and cancels tickets.

use crate::application::notifier::TicketNotifier;
use crate::application::order_events;
use crate::domain::Ticket;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderState};
use fdp_messaging::Incoming;
use fdp_storage::inbox::Reaction;
use fdp_storage::ledger::Change;

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
        OrderState::announces_any(kind, &orders)
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
