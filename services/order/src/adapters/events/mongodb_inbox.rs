//! The inbox with MongoDB: each order is changed in one update together with the ids of the events that changed it.

use crate::adapters::events::OrderProgressEvents;
use crate::adapters::events::payment_approvals::{PaymentNews, approved};
use crate::adapters::events::product_prices::{PRICE_EVENT, price};
use crate::adapters::storage::mongodb::{MongoOrders, pending_event};
use crate::application::ports::RepositoryError;
use crate::application::{PriceUpdates, StoreUpdates};
use crate::domain::Order;
use async_trait::async_trait;
use fdp_contracts::{Event, OrderId, StoreSnapshot};
use fdp_messaging::{Effects, HandleError, Incoming};
use fdp_runtime::trace::{self, Span};
use fdp_runtime::{Clock, SystemClock};
use fdp_storage::inbox::Reaction;
use futures::{StreamExt as _, TryStreamExt as _};
use mongodb::bson::Document;
use std::collections::BTreeMap;
use tracing::Instrument as _;

/// How many orders handle their events concurrently.
const CONCURRENCY: usize = 16;

/// The inbox of all events that the order service consumes. An order remembers the events that it has handled.
#[derive(Debug)]
pub struct MongoInbox {
    orders: MongoOrders,
    payments: PaymentNews,
    clock: SystemClock,
}

/// The effect of an event on an order.
struct Effect {
    /// The changed order, if it changes.
    order: Option<Order>,
    /// The events to publish.
    pending: Vec<Document>,
    /// Ends once the change is durable.
    span: Span,
}

impl MongoInbox {
    /// Creates the inbox of `orders`, which follows events of pay if orders wait for them.
    pub fn new(orders: MongoOrders, payments: PaymentNews) -> Self {
        Self {
            orders,
            payments,
            clock: SystemClock,
        }
    }

    /// Applies the events of one order; returns how many it had not handled before.
    async fn handle(&self, order_id: OrderId, events: Vec<&Incoming>) -> Result<usize, HandleError> {
        loop {
            let Some(stored) = self.orders.load(order_id).await? else {
                // Without an order, nothing records the handled events. That is safe: they have no effect if
                // redelivered.
                for incoming in &events {
                    self.react(None, incoming)?;
                }
                return Ok(events.len());
            };
            // The spans end together, because the changes of a batch become durable together.
            let mut spans = Vec::new();
            let mut next = stored.order.clone();
            let mut pending = Vec::new();
            let mut fresh = Vec::new();
            for incoming in &events {
                let id = incoming.envelope.id.to_string();
                if stored.handled.contains(&id) || fresh.contains(&id) {
                    continue;
                }
                let effect = self.react(Some(&next), incoming)?;
                next = effect.order.unwrap_or(next);
                pending.extend(effect.pending);
                spans.push(effect.span);
                fresh.push(id);
            }
            let count = fresh.len();
            if count == 0 || self.orders.replace(&stored, &next, pending, fresh).await? {
                return Ok(count);
            }
        }
    }

    /// Places an order that waits for its payment. The intent is gone then, so that a redelivered event has no effect.
    async fn approve(&self, order_id: OrderId, incoming: &Incoming) -> Result<(), HandleError> {
        let (context, span) = incoming.begin();
        let log = tracing::info_span!("event", trace_id = %context.trace_id(), order_id = %order_id);
        let approved = self.orders.approve(order_id, self.clock.now());
        trace::within(context, approved).instrument(log).await?;
        drop(span);
        Ok(())
    }

    /// The effect of one event on an order.
    fn react(&self, order: Option<&Order>, incoming: &Incoming) -> Result<Effect, HandleError> {
        let (context, span) = incoming.begin();
        let change = incoming.within(context, || {
            OrderProgressEvents.react(order, &incoming.event, self.clock.now())
        });
        let Some(change) = change else {
            return Ok(Effect {
                order: None,
                pending: Vec::new(),
                span,
            });
        };
        if order.is_none() {
            return Err(HandleError::Permanent(
                "an event cannot place an order".to_owned(),
            ));
        }
        let announced = change.events.into_iter();
        let pending = announced
            .map(|event| pending_event(event, Some(context.header())))
            .collect::<Result<_, _>>()
            // A retry does not help: an event that cannot be serialised now never can.
            .map_err(|error| HandleError::Permanent(error.to_string()))?;
        Ok(Effect {
            order: Some(change.aggregate),
            pending,
            span,
        })
    }
}

#[async_trait]
impl Effects for MongoInbox {
    fn concerns(&self, kind: &str) -> bool {
        kind == PRICE_EVENT
            || kind == StoreSnapshot::EVENT_TYPE
            || self.payments.concerns(kind)
            || OrderProgressEvents.concerns(kind)
    }

    async fn apply(&self, events: &[Incoming]) -> Result<usize, HandleError> {
        let mut by_order: BTreeMap<OrderId, Vec<&Incoming>> = BTreeMap::new();
        let mut prices = PriceUpdates::default();
        let mut stores = StoreUpdates::default();
        let mut spans = Vec::new();
        for incoming in events {
            if let Some(price) = price(&incoming.event) {
                spans.push(incoming.begin());
                prices.add(price);
            } else if let Event::Store(store) = &incoming.event {
                spans.push(incoming.begin());
                stores.add(store.clone());
            } else if let Some(order_id) = approved(&incoming.event) {
                self.approve(order_id, incoming).await?;
            } else if let Some(order_id) = incoming.order_id() {
                by_order.entry(order_id).or_default().push(incoming);
            }
        }
        prices.save(&self.orders).await?;
        stores.save(&self.orders).await?;
        drop(spans);
        let of_orders: usize = by_order.values().map(Vec::len).sum();
        let orders: Vec<_> = by_order
            .into_iter()
            .map(|(order_id, events)| self.handle(order_id, events))
            .collect();
        let fresh: Vec<usize> = futures::stream::iter(orders)
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        Ok(of_orders - fresh.into_iter().sum::<usize>())
    }
}

impl From<RepositoryError> for HandleError {
    fn from(error: RepositoryError) -> Self {
        match error {
            // As with PostgreSQL: the events behind it would wait for ever.
            RepositoryError::Unreadable(_) => return Self::Permanent(error.to_string()),
            RepositoryError::Failed(_) => {
                tracing::error!(%error, "the database refuses what it should not; trying again");
            }
            RepositoryError::Unreachable(_) => {}
        }
        Self::Transient(Box::new(error))
    }
}
