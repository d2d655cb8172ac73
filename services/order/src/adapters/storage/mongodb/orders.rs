//! The documents of orders, each changed with one update.

use crate::adapters::storage::mongodb::collections;
use crate::adapters::storage::mongodb::documents::{OrderDocument, StoredOrder, order_document};
use crate::adapters::storage::mongodb::errors::{found_and_changed, in_time};
use crate::application::ports::RepositoryError;
use crate::domain::Order;
use fdp_contracts::OrderId;
use mongodb::bson::{Document, doc};
use mongodb::{Collection, Database};
use std::sync::Arc;
use tokio::sync::Notify;

/// How many ids of handled events an order remembers. An order handles at most a dozen events, so none is forgotten
/// while it can be redelivered; and a redelivered event would not change the order anyway.
const REMEMBERED: usize = 64;

/// Orders in a MongoDB database.
#[derive(Debug, Clone)]
pub struct MongoOrders {
    pub(super) orders: Collection<Document>,
    pub(super) keys: Collection<Document>,
    pub(super) prices: Collection<Document>,
    pub(super) stores: Collection<Document>,
    pub(super) recipients: Collection<Document>,
    pub(super) pending: Arc<Notify>,
}

impl MongoOrders {
    /// Orders in `database`, whose indexes have to exist.
    pub fn new(database: &Database) -> Self {
        Self {
            orders: database.collection(collections::ORDERS),
            keys: database.collection(collections::IDEMPOTENCY_KEYS),
            prices: database.collection(collections::PRICES),
            stores: database.collection(collections::STORES),
            recipients: database.collection(collections::RECIPIENTS),
            pending: Arc::default(),
        }
    }

    /// The order as it is stored, unless it is still an intent.
    pub(crate) async fn load(&self, order_id: OrderId) -> Result<Option<StoredOrder>, RepositoryError> {
        match self.document(&order_id.to_string()).await? {
            Some(document) => document.into_order(),
            None => Ok(None),
        }
    }

    pub(super) async fn document(&self, order_id: &str) -> Result<Option<OrderDocument>, RepositoryError> {
        let orders = self.orders.clone_with_type::<OrderDocument>();
        let found = orders
            .find_one(doc! {"_id": order_id})
            .projection(doc! {"pending": 0});
        Ok(in_time(found).await?)
    }

    /// Replaces `stored` by `next`, and adds the events to publish and the ids of the handled events. Returns false,
    /// and changes nothing, if the order has changed in the meantime.
    pub(crate) async fn replace(
        &self,
        stored: &StoredOrder,
        next: &Order,
        pending: Vec<Document>,
        handled: Vec<String>,
    ) -> Result<bool, RepositoryError> {
        let order_id = next.snapshot().order_id.to_string();
        let publishes = !pending.is_empty();
        let mut changed = doc! {"order": order_document(next)?, "revision": stored.revision + 1};
        if !handled.is_empty() {
            // The whole list, which the revision guards: not every server shortens a list to which it adds.
            changed.insert("taken", remembered(&stored.handled, handled));
        }
        let mut update = doc! {"$set": changed};
        if publishes {
            update.insert("$push", doc! {"pending": {"$each": pending}});
        }
        let unchanged = doc! {"_id": order_id, "revision": stored.revision};
        let updated = in_time(self.orders.update_one(unchanged, update)).await?;
        if publishes {
            self.pending.notify_one();
        }
        found_and_changed(&updated, "the order")
    }
}

/// The ids of the handled events with those of `new` ones, without the oldest if there are too many.
fn remembered(handled: &[String], new: Vec<String>) -> Vec<String> {
    let surplus = (handled.len() + new.len()).saturating_sub(REMEMBERED);
    handled.iter().cloned().chain(new).skip(surplus).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_remembers_the_last_events_that_it_has_handled() {
        let ids =
            |numbers: std::ops::Range<usize>| numbers.map(|number| number.to_string()).collect::<Vec<_>>();
        assert_eq!(remembered(&[], ids(0..2)), ids(0..2));
        assert_eq!(remembered(&ids(0..2), ids(2..3)), ids(0..3));
        assert_eq!(remembered(&ids(0..63), ids(63..66)), ids(2..66));
    }
}
