//! What events do in MongoDB: orders react, each in one update with the note that it did, and prices are written down.

use super::document::pending_event;
use super::orders::MongoOrders;
use crate::app::ports::StoreError;
use crate::consumer::{PRICES, Price, Reports, price};
use crate::domain::Order;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_kit::inbox::{Effects, Reaction};
use fdp_kit::trace::Span;
use fdp_kit::{Clock, HandleError, Incoming, SystemClock};
use futures::{StreamExt as _, TryStreamExt as _};
use mongodb::bson::Document;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Orders that take their events side by side.
const SIDE_BY_SIDE: usize = 16;

/// Everything that the order service listens to. An order remembers the events that it has taken.
#[derive(Debug)]
pub struct MongoInbox {
    orders: MongoOrders,
    clock: SystemClock,
}

/// What an event does to an order.
struct Reacted {
    /// Its next form, if it changes.
    order: Option<Order>,
    /// What the world is to hear of that.
    owed: Vec<Document>,
    /// Ends when that is durable.
    span: Span,
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
            // They end together: the effects of a batch are durable at once.
            let mut spans = Vec::new();
            let mut next = kept.order.clone();
            let mut owed = Vec::new();
            let mut fresh = Vec::new();
            for incoming in &events {
                let id = incoming.envelope.id.to_string();
                if kept.taken.contains(&id) || fresh.contains(&id) {
                    continue;
                }
                let reaction = self.react(Some(&next), incoming)?;
                next = reaction.order.unwrap_or(next);
                owed.extend(reaction.owed);
                spans.push(reaction.span);
                fresh.push(id);
            }
            let count = fresh.len();
            if count == 0 || self.orders.replace(&kept, &next, owed, fresh).await? {
                return Ok(count);
            }
        }
    }

    /// What one event does to an order.
    fn react(&self, order: Option<&Order>, incoming: &Incoming) -> Result<Reacted, HandleError> {
        let (context, span) = incoming.begin();
        let change = incoming.within(context, || {
            Reports.react(order, &incoming.event, self.clock.now())
        });
        let Some(change) = change else {
            return Ok(Reacted {
                order: None,
                owed: Vec::new(),
                span,
            });
        };
        if order.is_none() {
            return Err(HandleError::Poison("an event cannot place an order".to_owned()));
        }
        let announced = change.events.into_iter();
        let owed = announced
            .map(|event| pending_event(event, Some(context.header())))
            .collect::<Result<_, _>>()
            // What cannot be announced now can never be.
            .map_err(|error| HandleError::Poison(error.to_string()))?;
        Ok(Reacted {
            order: Some(change.aggregate),
            owed,
            span,
        })
    }
}

#[async_trait]
impl Effects for MongoInbox {
    fn concerns(&self, kind: &str) -> bool {
        kind == PRICES || Reports.concerns(kind)
    }

    async fn bring_about(&self, events: &[Incoming]) -> Result<usize, HandleError> {
        let mut by_order: BTreeMap<OrderId, Vec<&Incoming>> = BTreeMap::new();
        let mut prices: BTreeMap<String, Price> = BTreeMap::new();
        let mut of_prices = Vec::new();
        for incoming in events {
            if let Some(price) = price(&incoming.event) {
                of_prices.push(incoming.begin());
                // Within a batch, too, the newest counts and not the last.
                match prices.entry(price.product_id.clone()) {
                    Entry::Occupied(known) if known.get().since > price.since => {}
                    place => {
                        place.insert_entry(price);
                    }
                }
            } else if let Some(order_id) = incoming.order_id() {
                by_order.entry(order_id).or_default().push(incoming);
            }
        }
        for price in prices.into_values() {
            self.orders.save_price(price).await?;
        }
        drop(of_prices);
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
