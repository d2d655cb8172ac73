//! The use case that events of pay trigger: an order whose customer has paid is placed.

use crate::application::awaiting_payment;
use crate::domain::{Approval, Order, Unpaid};
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId};
use std::collections::BTreeMap;

/// What the news of one batch changes, that payments are approved.
#[derive(Debug, Default)]
pub struct PaymentApprovals {
    unpaid: BTreeMap<OrderId, Unpaid>,
    placed: Vec<Order>,
    told: Vec<OrderId>,
}

impl PaymentApprovals {
    /// With the intents of the orders that the batch is about. An order that has none is placed already, or is not to be.
    pub fn of(unpaid: BTreeMap<OrderId, Unpaid>) -> Self {
        Self {
            unpaid,
            ..Self::default()
        }
    }

    /// The payment of an order is approved. Returns the event that announces the order, if it is placed by that.
    pub fn add(&mut self, order_id: OrderId, now: DateTime<Utc>) -> Option<Event> {
        // Removed: what follows is done once.
        let unpaid = self.unpaid.remove(&order_id)?;
        match follow(order_id, &unpaid, now) {
            Approval::Place(order) => {
                let announcement = order.announcement(None);
                self.placed.push(*order);
                announcement
            }
            Approval::Remember => {
                self.told.push(order_id);
                None
            }
            Approval::TooLate => None,
        }
    }

    /// The orders that are placed; each takes the place of its intent.
    pub fn placed(&self) -> &[Order] {
        &self.placed
    }

    /// The orders of the intents that have to remember the news.
    pub fn told(&self) -> &[OrderId] {
        &self.told
    }
}

/// What follows for an order from the news that its payment is approved, with a word in the log.
pub fn follow(order_id: OrderId, unpaid: &Unpaid, now: DateTime<Utc>) -> Approval {
    let approval = unpaid.approve(now);
    match &approval {
        Approval::Place(order) => {
            tracing::info!(amount = order.snapshot().amount, "its customer has paid; placed");
            awaiting_payment::count("placed");
        }
        Approval::Remember => tracing::info!(order_id = %order_id, "paid before pay has answered"),
        Approval::TooLate => {
            tracing::warn!(order_id = %order_id, "paid after it was given up; the payment is being voided");
        }
    }
    approval
}
