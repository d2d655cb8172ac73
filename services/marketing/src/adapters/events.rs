//! Consumes the events of orders: placed ones are counted, and cancelled or rejected ones withdrawn.

use crate::application::CountingBatch;
use crate::application::ports::CountTransaction as _;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, OrderState};
use fdp_messaging::Incoming;
use fdp_storage::inbox::EventHandler;
use fdp_storage::rebuild::Projection;
use sqlx::PgConnection;
use std::collections::BTreeSet;

/// Counts the orders of events.
#[derive(Debug, Clone, Copy)]
pub struct OrderEvents;

#[async_trait]
impl EventHandler for OrderEvents {
    type Affected = CountingBatch;

    fn concerns(&self, kind: &str) -> bool {
        let orders = [OrderState::Placed, OrderState::Cancelled, OrderState::Rejected];
        OrderState::announces_any(kind, &orders)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<CountingBatch, sqlx::Error> {
        let order_ids: BTreeSet<OrderId> = events.iter().filter_map(Incoming::order_id).collect();
        CountingBatch::load(connection, &order_ids).await
    }

    fn react(
        &self,
        batch: &mut CountingBatch,
        incoming: &Incoming,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        if let Event::Order(order) = &incoming.event {
            batch.record(order);
        }
        Ok(Vec::new())
    }

    async fn save(&self, connection: &mut PgConnection, batch: CountingBatch) -> Result<bool, sqlx::Error> {
        batch.save(connection).await
    }
}

#[async_trait]
impl Projection for OrderEvents {
    async fn empty(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        connection.clear().await
    }
}
