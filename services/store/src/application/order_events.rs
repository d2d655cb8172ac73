//! The use case of order events: a placed order creates a ticket, and an order that ends before delivery cancels it.

use super::change::changed;
use crate::domain::Ticket;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderSnapshot, OrderState};
use fdp_storage::ledger::Change;

/// The change that the current state of the order makes to its ticket; `present` is the ticket, if there is one
/// already. Pure.
pub fn apply(present: Option<&Ticket>, order: &OrderSnapshot, now: DateTime<Utc>) -> Option<Change<Ticket>> {
    let ticket = match (order.state, present) {
        (OrderState::Placed, None) => Ticket::received(order, now),
        // The event that ends the order has arrived before the one that places it: the order must never be cooked.
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
