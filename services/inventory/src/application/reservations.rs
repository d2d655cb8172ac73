//! The use case of order events: stock is reserved for orders that are placed, and released when they end before
//! they are delivered.

use super::ports::StockTransaction;
use crate::domain::reservation::{Outcome, stocked_lines};
use crate::domain::stock::Stock;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderSnapshot, OrderState};
use std::collections::BTreeSet;

/// The stock that a batch of events affects, as it was loaded and as it is to be saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    /// As it was loaded.
    pub before: Stock,
    /// As it is to be saved.
    pub after: Stock,
}

impl Affected {
    /// Stock that no event has changed yet.
    pub fn loaded(stock: Stock) -> Self {
        Self {
            before: stock.clone(),
            after: stock,
        }
    }
}

/// Loads and locks the stock that `orders` affect.
///
/// # Errors
/// When the database fails.
pub async fn load<T: StockTransaction + ?Sized>(
    transaction: &mut T,
    orders: &[&OrderSnapshot],
) -> Result<Affected, T::Error> {
    let (mut order_ids, mut product_ids) = (BTreeSet::new(), BTreeSet::new());
    for order in orders {
        let lines = stocked_lines(order);
        // An order of dishes alone needs no stock.
        if !lines.is_empty() {
            order_ids.insert(order.order_id);
            product_ids.extend(lines.into_iter().map(|line| line.product_id));
        }
    }
    if order_ids.is_empty() {
        return Ok(Affected::default());
    }
    let stock = transaction.lock_stock(&order_ids, product_ids).await?;
    Ok(Affected::loaded(stock))
}

/// Applies the current state of one order, and returns the events to publish. Pure.
pub fn apply(affected: &mut Affected, order: &OrderSnapshot, now: DateTime<Utc>) -> Vec<Event> {
    let stock = &mut affected.after;
    let events = match order.state {
        OrderState::Placed => stock.reserve(order, now),
        OrderState::Cancelled | OrderState::Rejected => stock.release(order, now),
        OrderState::Accepted | OrderState::Cooking | OrderState::OnTheWay | OrderState::Delivered => {
            Vec::new()
        }
    };
    if let Some(reservation) = stock.reservations.get(&order.order_id)
        && !events.is_empty()
    {
        let (outcome, reason) = (Outcome::name(reservation.outcome), &reservation.reason);
        tracing::info!(order_id = %order.order_id, outcome, reason, "an order moved stock");
    }
    events
}

/// Saves what has changed. Returns `false` if another transaction inserted one of the reservations first, so that all
/// of it has to be loaded and applied again.
///
/// # Errors
/// When the database fails.
pub async fn save<T: StockTransaction + ?Sized>(
    transaction: &mut T,
    affected: &Affected,
) -> Result<bool, T::Error> {
    transaction.save_stock(&affected.before, &affected.after).await
}
