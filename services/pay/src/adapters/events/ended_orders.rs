//! Consumes the events of cancelled and rejected orders: their payments are refunded.

use crate::application;
use crate::domain::Payment;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderSnapshot, OrderState};
use fdp_messaging::Incoming;
use fdp_storage::inbox::Reaction;
use fdp_storage::ledger::Change;

/// The final states in which an order was not delivered.
const NOT_DELIVERED: [OrderState; 2] = [OrderState::Cancelled, OrderState::Rejected];

/// Refunds orders that ended without a delivery.
#[derive(Debug, Clone, Copy)]
pub struct EndedOrders;

impl Reaction for EndedOrders {
    type Aggregate = Payment;

    fn concerns(&self, kind: &str) -> bool {
        OrderState::announces_any(kind, &NOT_DELIVERED)
    }

    fn react(&self, present: Option<&Payment>, event: &Event, now: DateTime<Utc>) -> Option<Change<Payment>> {
        let order = ended_order(event)?;
        application::refund(present, order.order_id, now)
    }

    fn committed(&self, events: &[Incoming]) {
        // An order ends once, and its whole amount is refunded: each of these events is one refund.
        for order in events.iter().filter_map(|incoming| ended_order(&incoming.event)) {
            application::count_refund(order.amount);
        }
    }
}

fn ended_order(event: &Event) -> Option<&OrderSnapshot> {
    match event {
        Event::Order(order) if NOT_DELIVERED.contains(&order.state) => Some(order),
        _ => None,
    }
}
