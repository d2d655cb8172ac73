//! Orders that ended before the door get their money back.

use crate::app;
use crate::domain::{self, Payment};
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderSnapshot, OrderState};
use fdp_kit::Incoming;
use fdp_kit::inbox::Reaction;
use fdp_kit::ledger::Change;

/// States in which an order ends before the door.
const ENDED: [OrderState; 2] = [OrderState::Cancelled, OrderState::Rejected];

/// Listens to orders.
#[derive(Debug, Clone, Copy)]
pub struct EndedOrders;

impl Reaction for EndedOrders {
    type Aggregate = Payment;

    fn concerns(&self, kind: &str) -> bool {
        ENDED.iter().any(|state| state.event_type() == kind)
    }

    fn react(&self, present: Option<&Payment>, event: &Event, now: DateTime<Utc>) -> Option<Change<Payment>> {
        let order = ended(event)?;
        let payment = domain::refund(present, order.order_id, now)?;
        app::log(&payment);
        Some(app::announced(payment))
    }

    fn committed(&self, events: &[Incoming]) {
        // An order ends once, and the whole of what was paid for it goes back: each event here is one refund.
        for order in events.iter().filter_map(|incoming| ended(&incoming.event)) {
            app::count("refunded");
            metrics::counter!("payments_refunded_won_total").increment(order.amount);
        }
    }
}

fn ended(event: &Event) -> Option<&OrderSnapshot> {
    match event {
        Event::Order(order) if ENDED.contains(&order.state) => Some(order),
        _ => None,
    }
}
