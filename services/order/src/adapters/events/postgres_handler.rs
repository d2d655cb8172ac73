//! Handles a batch of events with PostgreSQL: orders, prices and stores are changed in the transaction of the inbox.

use crate::adapters::events::OrderProgressEvents;
use crate::adapters::events::product_prices::{PRICE_EVENT, price};
use crate::adapters::storage::postgres::{OrderTable, PgPrices, PgStores};
use crate::application::{PriceUpdates, StoreUpdates};
use crate::domain::Order;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, StoreSnapshot};
use fdp_messaging::Incoming;
use fdp_storage::inbox::{EventHandler, Reacting, Slot};
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;

/// The handler of all events that the order service consumes.
#[derive(Debug)]
pub struct PgOrderEvents(Reacting<OrderTable, OrderProgressEvents>);

impl Default for PgOrderEvents {
    fn default() -> Self {
        Self(Reacting::new(OrderProgressEvents))
    }
}

/// The orders, prices and stores that a batch of events changes.
#[derive(Debug)]
pub struct Affected {
    orders: BTreeMap<OrderId, Slot<Order>>,
    prices: PriceUpdates,
    stores: StoreUpdates,
}

#[async_trait]
impl EventHandler for PgOrderEvents {
    type Affected = Affected;

    fn concerns(&self, kind: &str) -> bool {
        kind == PRICE_EVENT || kind == StoreSnapshot::EVENT_TYPE || self.0.concerns(kind)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Affected, sqlx::Error> {
        Ok(Affected {
            orders: self.0.load(connection, events).await?,
            prices: PriceUpdates::default(),
            stores: StoreUpdates::default(),
        })
    }

    fn react(
        &self,
        affected: &mut Affected,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        if let Some(price) = price(&incoming.event) {
            affected.prices.add(price);
        } else if let Event::Store(store) = &incoming.event {
            affected.stores.add(store.clone());
        } else {
            return self.0.react(&mut affected.orders, incoming, now);
        }
        Ok(Vec::new())
    }

    async fn save(&self, connection: &mut PgConnection, affected: Affected) -> Result<bool, sqlx::Error> {
        affected.prices.save(PgPrices(connection)).await?;
        affected.stores.save(PgStores(connection)).await?;
        self.0.save(connection, affected.orders).await
    }
}
