//! The order's life as a pure state machine: it only moves forward, and every move is one version.
//!
//! ```text
//! Placed → Accepted → Cooking → OnTheWay → Delivered
//!    └────────┴──────────┴→ Rejected (store, or out of stock) or Cancelled (customer)
//! ```
//!
//! News come from several topics and may overtake each other, so a state may be skipped: an order whose rider may
//! leave is on its way, whether or not the news that it was accepted has come.
//!
//! The order alone decides between a customer who takes it back and a rider who wants to leave: whichever reaches
//! it first wins, and the other is told. A rider may leave only once it is certain that the stock was there.

#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;

use crate::basket::Basket;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, OrderSnapshot, OrderState};
use serde::{Deserialize, Serialize};

/// An order that was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    #[serde(flatten)]
    snapshot: OrderSnapshot,
    /// Nobody has said yet whether what it takes from stock is there.
    #[serde(default, skip_serializing_if = "is_false")]
    awaits_stock: bool,
    /// A rider wants to leave with it, and waits for the stock's answer.
    #[serde(default, skip_serializing_if = "is_false")]
    departing: bool,
}

/// What others report about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// What it takes from stock was there, and is taken.
    StockTaken,
    /// The store has taken it on.
    Accepted,
    /// The store cooks it.
    Cooking,
    /// A rider wants to leave with it.
    Departing,
    /// A rider has left with it.
    OnTheWay,
    /// The customer has it.
    Delivered,
    /// It cannot be had, and why.
    Rejected(String),
}

/// The customer wants it back too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLate {
    /// The food has left.
    #[error("a rider is on the way with this order, so it cannot be cancelled any more")]
    OnTheWay,
    /// The food has arrived.
    #[error("this order has been delivered, so it cannot be cancelled any more")]
    Delivered,
    /// It ended another way.
    #[error("this order was rejected and its payment goes back by itself, so there is nothing to cancel")]
    Rejected,
}

impl Order {
    /// An order that has just been paid.
    pub fn place(order_id: OrderId, basket: Basket, now: DateTime<Utc>) -> Self {
        Self {
            awaits_stock: basket.lines.iter().any(|line| line.product_id.is_some()),
            departing: false,
            snapshot: OrderSnapshot {
                order_id,
                customer_id: basket.customer_id,
                store_id: basket.store_id,
                lines: basket.lines,
                amount: basket.amount,
                state: OrderState::Placed,
                reason: None,
                version: 1,
                placed_at: now,
                changed_at: now,
            },
        }
    }

    /// The order as others see it.
    pub fn snapshot(&self) -> &OrderSnapshot {
        &self.snapshot
    }

    /// What the world is to hear of this order, which was `before` (`None` when it is new). What the order only
    /// remembers for itself is nobody else's business.
    pub fn announcement(&self, before: Option<&Self>) -> Option<Event> {
        let is_news = before.is_none_or(|before| before.snapshot.version != self.snapshot.version);
        is_news.then(|| Event::Order(self.snapshot.clone()))
    }

    /// The order after `progress`, or `None` when that is old news or comes too late to matter.
    #[must_use]
    pub fn advance(&self, progress: &Progress, now: DateTime<Utc>) -> Option<Self> {
        match progress {
            Progress::StockTaken => self.with_its_stock(now),
            Progress::Accepted => self.moved_to(OrderState::Accepted, now),
            Progress::Cooking => self.moved_to(OrderState::Cooking, now),
            Progress::Departing if self.awaits_stock => self.with_a_rider_waiting(),
            Progress::Departing | Progress::OnTheWay => self.moved_to(OrderState::OnTheWay, now),
            Progress::Delivered => self.moved_to(OrderState::Delivered, now),
            Progress::Rejected(reason) => may_become(self.snapshot.state, OrderState::Rejected)
                .then(|| self.changed_to(OrderState::Rejected, Some(reason.clone()), now)),
        }
    }

    /// The order taken back by its customer; `None` when it was taken back before.
    ///
    /// # Errors
    /// When the food has left, or the order has ended another way.
    pub fn cancel(&self, now: DateTime<Utc>) -> Result<Option<Self>, TooLate> {
        match self.snapshot.state {
            OrderState::Placed | OrderState::Accepted | OrderState::Cooking => {
                Ok(Some(self.changed_to(OrderState::Cancelled, None, now)))
            }
            OrderState::Cancelled => Ok(None),
            OrderState::OnTheWay => Err(TooLate::OnTheWay),
            OrderState::Delivered => Err(TooLate::Delivered),
            OrderState::Rejected => Err(TooLate::Rejected),
        }
    }

    fn with_its_stock(&self, now: DateTime<Utc>) -> Option<Self> {
        if !self.awaits_stock {
            return None;
        }
        if self.departing {
            return self.moved_to(OrderState::OnTheWay, now);
        }
        Some(Self {
            awaits_stock: false,
            ..self.clone()
        })
    }

    fn with_a_rider_waiting(&self) -> Option<Self> {
        (!self.departing).then(|| Self {
            departing: true,
            ..self.clone()
        })
    }

    fn moved_to(&self, state: OrderState, now: DateTime<Utc>) -> Option<Self> {
        may_become(self.snapshot.state, state).then(|| self.changed_to(state, None, now))
    }

    fn changed_to(&self, state: OrderState, reason: Option<String>, now: DateTime<Utc>) -> Self {
        let still_here = steps(state) < steps(OrderState::OnTheWay);
        Self {
            // Once it has left or ended there is nothing to wait for.
            awaits_stock: self.awaits_stock && still_here,
            departing: self.departing && still_here,
            snapshot: OrderSnapshot {
                state,
                reason,
                version: self.snapshot.version + 1,
                changed_at: now,
                ..self.snapshot.clone()
            },
        }
    }
}

fn may_become(from: OrderState, to: OrderState) -> bool {
    match to {
        // Once the food has left, a store or a stock that says no comes too late.
        OrderState::Rejected | OrderState::Cancelled => !from.is_final() && from != OrderState::OnTheWay,
        _ => !from.is_final() && steps(to) > steps(from),
    }
}

/// How far along the road from the basket to the door.
fn steps(state: OrderState) -> u8 {
    match state {
        OrderState::Placed => 0,
        OrderState::Accepted => 1,
        OrderState::Cooking => 2,
        OrderState::OnTheWay => 3,
        OrderState::Delivered | OrderState::Rejected | OrderState::Cancelled => 4,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
