//! Orders and payment intents, written each with one update.

use super::connection::in_time;
use super::document::{Kept, OrderDocument, failed, later, order_document, pending_event};
use crate::app::ports::{Decide, Intent, KeyedWish, Noted, OrderStore, StoreError};
use crate::domain::Order;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_kit::trace;
use futures::TryStreamExt as _;
use mongodb::bson::{DateTime, Document, doc};
use mongodb::{Collection, Database};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

pub(super) const COLLECTION: &str = "orders";
/// Ids of taken events that an order remembers. It hears of at most a dozen in its life, so that none is forgotten
/// while it can come again; and one that came again after all is old news to the order itself.
const REMEMBERED: i32 = 64;
/// The database keeps time in milliseconds; a lease ends after the moment in which it begins.
const SHORTEST_LEASE: Duration = Duration::from_millis(1);

/// Orders in a MongoDB database.
#[derive(Debug, Clone)]
pub struct MongoOrders {
    pub(super) orders: Collection<Document>,
    pub(super) keys: Collection<Document>,
    pub(super) prices: Collection<Document>,
    pub(super) owes: Arc<Notify>,
}

impl MongoOrders {
    /// Orders in `database`, which has to be prepared.
    pub fn new(database: &Database) -> Self {
        Self {
            orders: database.collection(COLLECTION),
            keys: database.collection(super::keys::COLLECTION),
            prices: database.collection(super::prices::COLLECTION),
            owes: Arc::default(),
        }
    }

    pub(super) async fn insert_intent(&self, intent: &Intent, lease: Duration) -> Result<(), StoreError> {
        let document = doc! {
            "_id": intent.order_id.to_string(),
            "intent": {
                "customerId": &intent.customer_id,
                "amount": i64::try_from(intent.amount).map_err(failed)?,
                "abandoned": false,
                "leaseUntil": later(DateTime::now(), lease),
            },
        };
        in_time(self.orders.insert_one(document)).await?;
        Ok(())
    }

    /// The order as it is kept, unless it is an intent still.
    pub(super) async fn load(&self, order_id: OrderId) -> Result<Option<Kept>, StoreError> {
        match self.document(&order_id.to_string()).await? {
            Some(document) => document.into_kept(),
            None => Ok(None),
        }
    }

    pub(super) async fn document(&self, order_id: &str) -> Result<Option<OrderDocument>, StoreError> {
        let orders = self.orders.clone_with_type::<OrderDocument>();
        let found = orders
            .find_one(doc! {"_id": order_id})
            .projection(doc! {"pending": 0});
        Ok(in_time(found).await?)
    }

    /// Puts `next` in the place of `kept`, with the events that it owes and those that it has taken. False, and
    /// nothing changes, when it has changed meanwhile.
    pub(super) async fn replace(
        &self,
        kept: &Kept,
        next: &Order,
        owed: Vec<Document>,
        taken: Vec<String>,
    ) -> Result<bool, StoreError> {
        let order_id = next.snapshot().order_id.to_string();
        let publishes = !owed.is_empty();
        let mut push = Document::new();
        if publishes {
            push.insert("pending", doc! {"$each": owed});
        }
        if !taken.is_empty() {
            push.insert("taken", doc! {"$each": taken, "$slice": -REMEMBERED});
        }
        let mut update = doc! {"$set": {"order": order_document(next)?, "revision": kept.revision + 1}};
        if !push.is_empty() {
            update.insert("$push", push);
        }
        let unchanged = doc! {"_id": order_id, "revision": kept.revision};
        let updated = in_time(self.orders.update_one(unchanged, update)).await?;
        if publishes {
            self.owes.notify_one();
        }
        Ok(updated.matched_count == 1)
    }
}

#[async_trait]
impl OrderStore for MongoOrders {
    async fn note(
        &self,
        intent: &Intent,
        keyed: Option<&KeyedWish>,
        lease: Duration,
    ) -> Result<Noted, StoreError> {
        if let Some(keyed) = keyed {
            return self.note_keyed(intent, keyed, lease).await;
        }
        self.insert_intent(intent, lease).await?;
        Ok(Noted::Intent)
    }

    async fn recall(&self, keyed: &KeyedWish) -> Result<Noted, StoreError> {
        self.recall_keyed(keyed).await
    }

    async fn complete(&self, order: &Order) -> Result<bool, StoreError> {
        let snapshot = order.snapshot();
        let update = doc! {
            "$unset": {"intent": ""},
            "$set": {
                "customerId": &snapshot.customer_id,
                "revision": 1_i64,
                "order": order_document(order)?,
                "pending": announced(None, order)?,
            },
        };
        let awaited = doc! {"_id": snapshot.order_id.to_string(), "intent.abandoned": false};
        let updated = in_time(self.orders.update_one(awaited, update)).await?;
        self.owes.notify_one();
        Ok(updated.matched_count == 1)
    }

    async fn forget(&self, order_id: OrderId) -> Result<(), StoreError> {
        let intent = doc! {"_id": order_id.to_string(), "intent": {"$exists": true}};
        in_time(self.orders.delete_one(intent)).await?;
        Ok(())
    }

    async fn abandon(&self, order_id: OrderId) -> Result<(), StoreError> {
        let intent = doc! {"_id": order_id.to_string(), "intent": {"$exists": true}};
        let update = doc! {"$set": {"intent.abandoned": true, "intent.leaseUntil": DateTime::now()}};
        in_time(self.orders.update_one(intent, update)).await?;
        Ok(())
    }

    async fn claim(&self, most: u32, lease: Duration) -> Result<Vec<OrderId>, StoreError> {
        // The clocks of two replicas may differ: an intent that is claimed too early costs an order, and no money.
        let now = DateTime::now();
        let update = doc! {"$set": {
            "intent.abandoned": true,
            "intent.leaseUntil": later(now, lease.max(SHORTEST_LEASE)),
        }};
        let mut claimed = Vec::new();
        for _ in 0..most {
            let overdue = self
                .orders
                .find_one_and_update(doc! {"intent.leaseUntil": {"$lte": now}}, update.clone())
                .sort(doc! {"intent.leaseUntil": 1})
                .projection(doc! {"_id": 1});
            let Some(intent) = in_time(overdue).await? else {
                break;
            };
            claimed.push(intent.get_str("_id").map_err(failed)?.parse().map_err(failed)?);
        }
        Ok(claimed)
    }

    async fn forget_keys(&self, age: Duration) -> Result<u64, StoreError> {
        self.forget_keys_of(age).await
    }

    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, StoreError> {
        loop {
            let Some(kept) = self.load(order_id).await? else {
                return Ok(None);
            };
            let Some(next) = decide(&kept.order) else {
                return Ok(Some(kept.order));
            };
            let owed = announced(Some(&kept.order), &next)?;
            // Each time it has to be decided anew, somebody else's change has succeeded: this ends.
            if self.replace(&kept, &next, owed, Vec::new()).await? {
                return Ok(Some(next));
            }
        }
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.load(order_id).await?.map(|kept| kept.order))
    }

    async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, StoreError> {
        if limit == 0 {
            // To the database, a limit of 0 is none.
            return Ok(Vec::new());
        }
        let mut wanted = doc! {"order": {"$exists": true}};
        if let Some(customer_id) = customer_id {
            wanted.insert("customerId", customer_id);
        }
        let orders = self.orders.clone_with_type::<OrderDocument>();
        let found = orders
            .find(wanted)
            .sort(doc! {"_id": -1})
            .limit(i64::from(limit))
            .projection(doc! {"order": 1});
        let documents: Vec<OrderDocument> = in_time(async { found.await?.try_collect().await }).await?;
        let kept = documents
            .into_iter()
            .filter_map(|document| document.into_kept().transpose());
        kept.map(|kept| Ok(kept?.order)).collect()
    }

    async fn prices(&self, product_ids: &[String]) -> Result<BTreeMap<String, u64>, StoreError> {
        self.prices_of(product_ids).await
    }
}

/// What `order` owes the world, with the trace that the task works for.
fn announced(before: Option<&Order>, order: &Order) -> Result<Vec<Document>, StoreError> {
    let event = order.announcement(before);
    let owed = event.map(|event| pending_event(event, trace::current_header()));
    owed.into_iter().collect()
}
