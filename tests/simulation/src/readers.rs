//! The services that only consume events, each with its own handler: notifications, recommendations, the view.

use crate::ledger::Behaviour;
use chrono::{DateTime, Utc};
use customer::domain::Notification;
use fdp_contracts::{Event, OrderId, OrderSnapshot, ProductSnapshot};
use fdp_messaging::Incoming;
use fdp_storage::inbox::EventHandler;
use fdp_storage::live::Live;
use frontend::adapters::events::ViewWriter;
use frontend::application::ViewUpdate;
use inventory::application::reservations::Affected;
use inventory::domain::stock::Stock;
use marketing::adapters::events::OrderEvents as MarketingEvents;
use marketing::application::CountingBatch;
use marketing::domain::CountState;
use std::collections::BTreeMap;

/// The customer service's table: one message for each change.
pub type Messages = BTreeMap<(OrderId, u32), Notification>;

/// Stores messages, with the customer service's handler.
#[derive(Default)]
pub struct Notifying(customer::adapters::events::OrderEvents);

impl Behaviour for Notifying {
    type Tables = Messages;

    fn concerns(&self, kind: &str) -> bool {
        self.0.concerns(kind)
    }

    fn react(
        &self,
        messages: &mut Messages,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        let mut new = Vec::new();
        let events = self.0.react(&mut new, incoming, now)?;
        for message in new {
            // The table's primary key prevents duplicates.
            messages
                .entry((message.order_id, message.version))
                .or_insert(message);
        }
        Ok(events)
    }
}

#[derive(Default)]
pub struct Counts {
    /// The latest state of each order.
    pub told: BTreeMap<OrderId, CountState>,
    /// The number of a customer's orders with an item.
    pub orders: BTreeMap<(String, String), i64>,
}

/// Counts orders, with the marketing service's handler.
pub struct Counting;

impl Behaviour for Counting {
    type Tables = Counts;

    fn concerns(&self, kind: &str) -> bool {
        MarketingEvents.concerns(kind)
    }

    fn react(
        &self,
        tables: &mut Counts,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        let mut affected = CountingBatch {
            before: tables.told.clone(),
            after: tables.told.clone(),
            ..CountingBatch::default()
        };
        let events = MarketingEvents.react(&mut affected, incoming, now)?;
        tables.told = affected.after;
        for change in affected.deltas.into_sorted() {
            *tables
                .orders
                .entry((change.customer_id.clone(), change.item.key()))
                .or_default() += change.orders;
        }
        Ok(events)
    }
}

#[derive(Default)]
pub struct View {
    /// Changes of orders by version.
    pub orders: BTreeMap<(OrderId, u32), OrderSnapshot>,
    /// The latest version of each product.
    pub products: BTreeMap<String, ProductSnapshot>,
}

/// Updates the view, with the front end's handler.
pub struct Viewing(ViewWriter);

impl Default for Viewing {
    fn default() -> Self {
        Self(ViewWriter::new(Live::new("order_view")))
    }
}

impl Behaviour for Viewing {
    type Tables = View;

    fn concerns(&self, kind: &str) -> bool {
        self.0.concerns(kind)
    }

    fn react(&self, view: &mut View, incoming: &Incoming, now: DateTime<Utc>) -> Result<Vec<Event>, String> {
        let mut news = ViewUpdate::default();
        let events = self.0.react(&mut news, incoming, now)?;
        for (key, order) in news.orders {
            view.orders.entry(key).or_insert(order);
        }
        for (product_id, product) in news.products {
            let known = view.products.get(&product_id);
            if known.is_none_or(|known| known.changed_at <= product.changed_at) {
                view.products.insert(product_id, product);
            }
        }
        Ok(events)
    }
}

/// Reserves and returns stock, with the inventory service's handler.
pub struct Stocking;

impl Behaviour for Stocking {
    type Tables = Stock;

    fn concerns(&self, kind: &str) -> bool {
        inventory::adapters::events::OrderEvents.concerns(kind)
    }

    fn react(
        &self,
        stock: &mut Stock,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        let mut affected = Affected::loaded(std::mem::take(stock));
        let events = inventory::adapters::events::OrderEvents.react(&mut affected, incoming, now);
        *stock = affected.after;
        events
    }
}
