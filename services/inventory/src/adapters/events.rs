//! Consumes the events of orders, and passes them to the use case that reserves and releases stock.

use crate::application::reservations::{self, Affected};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderSnapshot, OrderState};
use fdp_messaging::Incoming;
use fdp_storage::inbox::EventHandler;
use sqlx::PgConnection;

/// The order states that change stock: a placed order reserves it, one that ends before delivery releases it.
const RELEVANT: [OrderState; 3] = [OrderState::Placed, OrderState::Cancelled, OrderState::Rejected];

/// The handler of order events.
#[derive(Debug, Clone, Copy)]
pub struct OrderEvents;

#[async_trait]
impl EventHandler for OrderEvents {
    type Affected = Affected;

    fn concerns(&self, kind: &str) -> bool {
        OrderState::announces_any(kind, &RELEVANT)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Affected, sqlx::Error> {
        let orders: Vec<_> = events.iter().filter_map(order).collect();
        reservations::load(connection, &orders).await
    }

    fn react(
        &self,
        affected: &mut Affected,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        Ok(order(incoming).map_or_else(Vec::new, |order| reservations::apply(affected, order, now)))
    }

    async fn save(&self, connection: &mut PgConnection, affected: Affected) -> Result<bool, sqlx::Error> {
        reservations::save(connection, &affected).await
    }
}

fn order(incoming: &Incoming) -> Option<&OrderSnapshot> {
    match &incoming.event {
        Event::Order(order) => Some(order),
        _ => None,
    }
}
