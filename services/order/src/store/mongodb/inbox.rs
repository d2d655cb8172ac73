//! What events do in MongoDB: orders react, each in one update with the note that it did, and prices are written down.

use super::document::pending_event;
use super::orders::MongoOrders;
use crate::app::ports::StoreError;
use crate::consumer::{PRICES, Reports, price};
use crate::domain::Order;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_kit::inbox::{Effects, Reaction};
use fdp_kit::trace::TraceContext;
use fdp_kit::{Clock, HandleError, Incoming, SystemClock};
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::BTreeMap;

/// Orders that take their events side by side.
const SIDE_BY_SIDE: usize = 16;

/// Everything that the order service listens to. An order remembers the events that it has taken.
#[derive(Debug)]
pub struct MongoInbox {
    orders: MongoOrders,
    clock: SystemClock,
}

impl From<StoreError> for HandleError {
    fn from(error: StoreError) -> Self {
        if let StoreError::Failed(_) = error {
            tracing::error!(%error, "the database refuses what it should not; trying again");
        }
        Self::Passing(Box::new(error))
    }
}

impl MongoInbox {
    /// Lets `orders` hear of events.
    pub fn new(orders: MongoOrders) -> Self {
        Self {
            orders,
            clock: SystemClock,
        }
    }

    /// Lets one order take its events, and gives how many it had not taken before.
    async fn take(&self, order_id: OrderId, events: Vec<&Incoming>) -> Result<usize, HandleError> {
        loop {
            let Some(kept) = self.orders.load(order_id).await? else {
                // There is nothing that could remember them; they mean nothing, now and when they come again.
                for incoming in &events {
                    self.react(None, incoming)?;
                }
                return Ok(events.len());
            };
            let mut next = kept.order.clone();
            let mut owed = Vec::new();
            let mut fresh = Vec::new();
            for incoming in &events {
                let id = incoming.envelope.id.to_string();
                if kept.taken.contains(&id) || fresh.contains(&id) {
                    continue;
                }
                let (order, announced) = self.react(Some(&next), incoming)?;
                next = order.unwrap_or(next);
                owed.extend(announced);
                fresh.push(id);
            }
            let count = fresh.len();
            if count == 0 || self.orders.replace(&kept, &next, owed, fresh).await? {
                return Ok(count);
            }
        }
    }

    /// The order after one event, if that changes it, and what the world is to hear of that.
    fn react(
        &self,
        order: Option<&Order>,
        incoming: &Incoming,
    ) -> Result<(Option<Order>, Vec<mongodb::bson::Document>), HandleError> {
        let envelope = &incoming.envelope;
        let context = envelope
            .traceparent
            .as_deref()
            .and_then(TraceContext::parse)
            .map_or_else(TraceContext::start, TraceContext::child);
        let span = tracing::info_span!(
            "event", kind = %envelope.kind, order_id = %envelope.subject, event_id = %envelope.id,
            trace_id = %context.trace_id(),
        );
        let change = span.in_scope(|| Reports.react(order, &incoming.event, self.clock.now()));
        let Some(change) = change else {
            return Ok((None, Vec::new()));
        };
        if order.is_none() {
            return Err(HandleError::Poison("an event cannot place an order".to_owned()));
        }
        let announced = change.events.into_iter();
        let owed = announced.map(|event| pending_event(event, Some(context.header())));
        Ok((Some(change.aggregate), owed.collect::<Result<_, _>>()?))
    }
}

#[async_trait]
impl Effects for MongoInbox {
    fn concerns(&self, kind: &str) -> bool {
        kind == PRICES || Reports.concerns(kind)
    }

    async fn bring_about(&self, events: &[Incoming]) -> Result<usize, HandleError> {
        let mut by_order: BTreeMap<OrderId, Vec<&Incoming>> = BTreeMap::new();
        let mut prices = BTreeMap::new();
        for incoming in events {
            if let Some(price) = price(&incoming.event) {
                prices.insert(price.product_id.clone(), price);
            } else if let Some(order_id) = incoming.order_id() {
                by_order.entry(order_id).or_default().push(incoming);
            }
        }
        for price in prices.into_values() {
            self.orders.save_price(price).await?;
        }
        let of_orders: usize = by_order.values().map(Vec::len).sum();
        let orders: Vec<_> = by_order
            .into_iter()
            .map(|(order_id, events)| self.take(order_id, events))
            .collect();
        let fresh: Vec<usize> = futures::stream::iter(orders)
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect()
            .await?;
        Ok(of_orders - fresh.into_iter().sum::<usize>())
    }
}
