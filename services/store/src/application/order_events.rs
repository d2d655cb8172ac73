//! The use case of order events: a placed order makes a ticket, and one that ends before delivery cancels it.

use super::change::changed;
use crate::domain::Ticket;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderSnapshot, OrderState};
use fdp_kit::ledger::Change;

/// The change of the order's ticket by the present state of the order; `present` is the ticket, if there is one already.
/// Pure.
pub fn apply(present: Option<&Ticket>, order: &OrderSnapshot, now: DateTime<Utc>) -> Option<Change<Ticket>> {
    let ticket = match (order.state, present) {
        (OrderState::Placed, None) => Ticket::received(order, now),
        // The end of the order was received before its placing: the order must not be cooked when that arrives.
        (OrderState::Cancelled | OrderState::Rejected, None) => Ticket::cancelled(order, now),
        (OrderState::Cancelled | OrderState::Rejected, Some(present)) => {
            let mut ticket = present.clone();
            ticket.cancel(order.reason.clone(), now);
            ticket
        }
        _ => return None,
    };
    changed(present, ticket)
}
