//! Consumes the events of orders, products and stores: they are added to the view.

use crate::application::ViewUpdate;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, OrderState, ProductSnapshot, StoreSnapshot};
use fdp_messaging::Incoming;
use fdp_storage::inbox::EventHandler;
use fdp_storage::live::Live;
use sqlx::PgConnection;

/// Writes the view, and notifies those who wait for its changes.
#[derive(Debug, Clone)]
pub struct ViewWriter {
    live: Live<OrderId>,
}

impl ViewWriter {
    /// Notifies the subscribers of `live`.
    pub fn new(live: Live<OrderId>) -> Self {
        Self { live }
    }
}

#[async_trait]
impl EventHandler for ViewWriter {
    type Affected = ViewUpdate;

    fn concerns(&self, kind: &str) -> bool {
        [ProductSnapshot::EVENT_TYPE, StoreSnapshot::EVENT_TYPE].contains(&kind)
            || OrderState::announces_any(kind, &OrderState::ALL)
    }

    async fn load(
        &self,
        _connection: &mut PgConnection,
        _events: &[Incoming],
    ) -> Result<ViewUpdate, sqlx::Error> {
        Ok(ViewUpdate::default())
    }

    fn react(
        &self,
        update: &mut ViewUpdate,
        incoming: &Incoming,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        match &incoming.event {
            Event::Order(order) => update.add_order(order),
            Event::Product(product) => update.add_product(product),
            Event::Store(store) => update.add_store(store),
            _ => {}
        }
        Ok(Vec::new())
    }

    async fn save(&self, connection: &mut PgConnection, update: ViewUpdate) -> Result<bool, sqlx::Error> {
        update.save(connection).await?;
        Ok(true)
    }

    async fn committed(&self, events: &[Incoming]) {
        self.live.announce(events.iter().filter_map(Incoming::order_id));
    }
}
