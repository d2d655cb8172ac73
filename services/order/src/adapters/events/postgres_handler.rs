//! Handles a batch of events with PostgreSQL: orders, intents, prices and stores are changed in the transaction of the inbox.

use crate::adapters::events::OrderProgressEvents;
use crate::adapters::events::payment_approvals::{PaymentNews, all_approved, approved};
use crate::adapters::events::product_prices::{PRICE_EVENT, price};
use crate::adapters::storage::postgres::{OrderTable, PgApprovals, PgPrices, PgStores};
use crate::application::{PaymentApprovals, PriceUpdates, StoreUpdates};
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
pub struct PgOrderEvents {
    progress: Reacting<OrderTable, OrderProgressEvents>,
    payments: PaymentNews,
}

impl PgOrderEvents {
    /// Handles them, and those of pay if orders wait for them.
    pub fn new(payments: PaymentNews) -> Self {
        Self {
            progress: Reacting::new(OrderProgressEvents),
            payments,
        }
    }
}

/// The orders, intents, prices and stores that a batch of events changes.
#[derive(Debug)]
pub struct Affected {
    orders: BTreeMap<OrderId, Slot<Order>>,
    approvals: PaymentApprovals,
    prices: PriceUpdates,
    stores: StoreUpdates,
}

#[async_trait]
impl EventHandler for PgOrderEvents {
    type Affected = Affected;

    fn concerns(&self, kind: &str) -> bool {
        kind == PRICE_EVENT
            || kind == StoreSnapshot::EVENT_TYPE
            || self.payments.concerns(kind)
            || self.progress.concerns(kind)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Affected, sqlx::Error> {
        Ok(Affected {
            // The intents before the orders: whoever places an order takes its intent first.
            approvals: PgApprovals(connection).lock(&all_approved(events)).await?,
            orders: self.progress.load(connection, events).await?,
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
        } else if let Some(order_id) = approved(&incoming.event) {
            return Ok(affected.approvals.add(order_id, now).into_iter().collect());
        } else {
            return self.progress.react(&mut affected.orders, incoming, now);
        }
        Ok(Vec::new())
    }

    async fn save(&self, connection: &mut PgConnection, affected: Affected) -> Result<bool, sqlx::Error> {
        affected.prices.save(PgPrices(connection)).await?;
        affected.stores.save(PgStores(connection)).await?;
        if !PgApprovals(connection).save(&affected.approvals).await? {
            return Ok(false);
        }
        self.progress.save(connection, affected.orders).await
    }
}
