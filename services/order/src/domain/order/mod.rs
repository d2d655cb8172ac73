//! The order aggregate: a pure state machine that only moves forward, one version with every transition.
//!
//! ```text
//! Placed → Accepted → Cooking → OnTheWay → Delivered
//!    └────────┴──────────┴→ Rejected (store, or out of stock) or Cancelled (customer)
//! ```
//!
//! Progress is reported on several topics, and reports may arrive out of order, so a state may be skipped: an order
//! whose rider may leave is on its way, even if the report that the store accepted it has not arrived.
//!
//! If a customer cancels while a rider is ready to leave, the order decides: the first of the two to reach the order
//! wins, and the other one is informed. A rider may leave only once the stock is confirmed.

#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;

use crate::domain::{Basket, Progress, TooLate};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderSnapshot, OrderState};
use serde::{Deserialize, Serialize};

/// A paid order. Stored as this document, so the field names are fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    #[serde(flatten)]
    snapshot: OrderSnapshot,
    /// The inventory has not confirmed yet that the products are in stock.
    #[serde(default, skip_serializing_if = "is_false")]
    awaits_stock: bool,
    /// A rider is ready to leave, and waits for that confirmation.
    #[serde(default, skip_serializing_if = "is_false")]
    departing: bool,
    /// Who has taken its delivery on, until it ends. No other service needs to know it from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rider_id: Option<String>,
}

impl Order {
    /// Creates the order of a basket that has just been paid.
    pub fn place(order_id: OrderId, basket: Basket, now: DateTime<Utc>) -> Self {
        Self {
            awaits_stock: basket.lines.iter().any(|line| line.product_id.is_some()),
            departing: false,
            rider_id: None,
            snapshot: OrderSnapshot {
                order_id,
                customer_id: basket.customer_id,
                store_id: basket.store_id,
                lines: basket.lines,
                amount: basket.amount,
                delivery_fee: basket.delivery_fee,
                store_version: Some(basket.store_version),
                state: OrderState::Placed,
                reason: None,
                version: 1,
                placed_at: now,
                changed_at: now,
            },
        }
    }

    /// The same order, placed at `now`: its customer has just paid.
    #[must_use]
    pub(in crate::domain) fn placed_at(&self, now: DateTime<Utc>) -> Self {
        Self {
            snapshot: OrderSnapshot {
                placed_at: now,
                changed_at: now,
                ..self.snapshot.clone()
            },
            ..self.clone()
        }
    }

    /// The order as other services see it.
    pub fn snapshot(&self) -> &OrderSnapshot {
        &self.snapshot
    }

    /// The rider who has taken its delivery on, if one has, until it ends.
    pub fn rider_id(&self) -> Option<&str> {
        self.rider_id.as_deref()
    }

    /// The order after `progress`, or `None` if that changes nothing because it is outdated or too late.
    #[must_use]
    pub fn advance(&self, progress: &Progress, now: DateTime<Utc>) -> Option<Self> {
        match progress {
            Progress::StockTaken => self.with_stock_confirmed(now),
            Progress::Accepted => self.advanced_to(OrderState::Accepted, now),
            Progress::Cooking => self.advanced_to(OrderState::Cooking, now),
            Progress::RiderChanged(rider_id) => self.with_rider(rider_id.as_deref()),
            Progress::Departing if self.awaits_stock => self.with_rider_ready(),
            Progress::Departing | Progress::OnTheWay => self.advanced_to(OrderState::OnTheWay, now),
            Progress::Delivered => self.advanced_to(OrderState::Delivered, now),
            Progress::Rejected(reason) => may_become(self.snapshot.state, OrderState::Rejected)
                .then(|| self.changed_to(OrderState::Rejected, Some(reason.clone()), now)),
        }
    }

    /// The order after its customer cancels it; `None` if it was cancelled before.
    ///
    /// # Errors
    /// When a rider has left with it, or it has reached another final state.
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

    fn with_stock_confirmed(&self, now: DateTime<Utc>) -> Option<Self> {
        if !self.awaits_stock {
            return None;
        }
        if self.departing {
            return self.advanced_to(OrderState::OnTheWay, now);
        }
        Some(Self {
            awaits_stock: false,
            ..self.clone()
        })
    }

    fn with_rider_ready(&self) -> Option<Self> {
        (!self.departing).then(|| Self {
            departing: true,
            ..self.clone()
        })
    }

    fn with_rider(&self, rider_id: Option<&str>) -> Option<Self> {
        let is_news = self.rider_id() != rider_id && !self.snapshot.state.is_final();
        is_news.then(|| Self {
            rider_id: rider_id.map(str::to_owned),
            ..self.clone()
        })
    }

    fn advanced_to(&self, state: OrderState, now: DateTime<Utc>) -> Option<Self> {
        may_become(self.snapshot.state, state).then(|| self.changed_to(state, None, now))
    }

    fn changed_to(&self, state: OrderState, reason: Option<String>, now: DateTime<Utc>) -> Self {
        let not_left = steps(state) < steps(OrderState::OnTheWay);
        Self {
            // Once it has left or reached a final state, there is nothing to wait for.
            awaits_stock: self.awaits_stock && not_left,
            departing: self.departing && not_left,
            rider_id: self.rider_id.clone().filter(|_| !state.is_final()),
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
        // Once a rider has left with it, a rejection comes too late.
        OrderState::Rejected | OrderState::Cancelled => !from.is_final() && from != OrderState::OnTheWay,
        _ => !from.is_final() && steps(to) > steps(from),
    }
}

/// The position of a state on the way from placed to delivered.
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
