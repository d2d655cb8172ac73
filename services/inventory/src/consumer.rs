//! What inventory does when it hears of an order.

use crate::domain::{Outcome, stock::Stock, stocked_lines};
use crate::store;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderSnapshot, OrderState};
use fdp_kit::Incoming;
use fdp_kit::inbox::EventHandler;
use sqlx::PgConnection;
use std::collections::BTreeSet;

/// What has an effect on stock: an order that is placed takes, one that ends before the door gives back.
const CONCERNS: [OrderState; 3] = [OrderState::Placed, OrderState::Cancelled, OrderState::Rejected];

/// Takes stock for orders that are placed, and puts it back for those that end before the door.
#[derive(Debug, Clone, Copy)]
pub struct OrderEvents;

/// The stock that some events affect, as it was loaded and as it is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    /// As it is kept now.
    pub before: Stock,
    /// As it is to be kept.
    pub after: Stock,
}

impl Affected {
    /// Stock that nothing has happened to yet.
    pub fn loaded(stock: Stock) -> Self {
        Self {
            before: stock.clone(),
            after: stock,
        }
    }
}

#[async_trait]
impl EventHandler for OrderEvents {
    type Affected = Affected;

    fn concerns(&self, kind: &str) -> bool {
        CONCERNS.iter().any(|state| state.event_type() == kind)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Affected, sqlx::Error> {
        let lines = |order: &OrderSnapshot| stocked_lines(order).into_iter().map(|line| line.product_id);
        let orders = events.iter().filter_map(order);
        // Orders of dishes alone have nothing to do with stock.
        let concerned: Vec<_> = orders.filter(|order| lines(order).next().is_some()).collect();
        if concerned.is_empty() {
            return Ok(Affected::default());
        }
        let order_ids = concerned.iter().map(|order| order.order_id).collect();
        let product_ids: BTreeSet<String> = concerned.iter().copied().flat_map(lines).collect();
        let stock = store::lock(connection, &order_ids, product_ids).await?;
        Ok(Affected::loaded(stock))
    }

    fn react(
        &self,
        affected: &mut Affected,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        let Some(order) = order(incoming) else {
            return Ok(Vec::new());
        };
        let stock = &mut affected.after;
        let events = match order.state {
            OrderState::Placed => stock.take(order, now),
            OrderState::Cancelled | OrderState::Rejected => stock.give_back(order, now),
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
        Ok(events)
    }

    async fn save(&self, connection: &mut PgConnection, affected: Affected) -> Result<bool, sqlx::Error> {
        store::save(connection, &affected.before, &affected.after).await
    }
}

fn order(incoming: &Incoming) -> Option<&OrderSnapshot> {
    match &incoming.event {
        Event::Order(order) => Some(order),
        _ => None,
    }
}
