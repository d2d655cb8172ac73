//! Events in: orders and products become rows of the view.

use crate::store;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, OrderSnapshot, OrderState, ProductSnapshot};
use fdp_kit::Incoming;
use fdp_kit::inbox::EventHandler;
use fdp_kit::live::Live;
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// Writes the view, and wakes who waits for news of it.
#[derive(Debug, Clone)]
pub struct ViewWriter {
    live: Live<OrderId>,
}

/// What a batch of events adds to the view. Rows are only ever added or replaced by newer ones, so that nothing has
/// to be read before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct News {
    /// Changes of orders, by order and version: the first that comes of each counts.
    pub orders: BTreeMap<(OrderId, u32), OrderSnapshot>,
    /// The latest of each product.
    pub products: BTreeMap<String, ProductSnapshot>,
}

impl ViewWriter {
    /// Wakes those who wait in `live`.
    pub fn new(live: Live<OrderId>) -> Self {
        Self { live }
    }
}

#[async_trait]
impl EventHandler for ViewWriter {
    type Affected = News;

    fn concerns(&self, kind: &str) -> bool {
        kind == ProductSnapshot::EVENT_TYPE || OrderState::ALL.iter().any(|state| state.event_type() == kind)
    }

    async fn load(&self, _connection: &mut PgConnection, _events: &[Incoming]) -> Result<News, sqlx::Error> {
        Ok(News::default())
    }

    fn react(&self, news: &mut News, incoming: &Incoming, _now: DateTime<Utc>) -> Result<Vec<Event>, String> {
        match &incoming.event {
            Event::Order(order) => {
                tracing::info!(state = ?order.state, version = order.version, "an order changed");
                news.orders
                    .entry((order.order_id, order.version))
                    .or_insert_with(|| order.clone());
            }
            Event::Product(product) => {
                let known = news.products.get(&product.product_id);
                if known.is_none_or(|known| known.changed_at <= product.changed_at) {
                    news.products.insert(product.product_id.clone(), product.clone());
                }
            }
            _ => {}
        }
        Ok(Vec::new())
    }

    async fn save(&self, connection: &mut PgConnection, news: News) -> Result<bool, sqlx::Error> {
        store::add_orders(connection, news.orders.values()).await?;
        store::put_products(connection, news.products.values()).await?;
        Ok(true)
    }

    async fn committed(&self, events: &[Incoming]) {
        self.live.announce(events.iter().filter_map(Incoming::order_id));
    }
}
