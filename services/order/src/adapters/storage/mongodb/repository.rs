//! The repository of orders in MongoDB.

use crate::adapters::storage::mongodb::MongoOrders;
use crate::adapters::storage::mongodb::documents::{
    ClaimedDocument, OrderDocument, later, order_document, pending_event,
};
use crate::adapters::storage::mongodb::errors::{failed, found_and_changed, in_time, unchanged};
use crate::application::ports::{
    Decide, IntentOutcome, KeyedOrderRequest, OrderRepository, PaymentIntent, RepositoryError,
};
use crate::domain::{KnownProduct, Order};
use async_trait::async_trait;
use fdp_contracts::{OrderId, StoreSnapshot};
use fdp_runtime::trace;
use futures::TryStreamExt as _;
use mongodb::bson::{DateTime, Document, doc};
use mongodb::options::ReturnDocument;
use std::collections::BTreeMap;
use std::time::Duration;

/// The database stores times in milliseconds, and a lease has to end after the millisecond in which it begins.
const MIN_LEASE: Duration = Duration::from_millis(1);

#[async_trait]
impl OrderRepository for MongoOrders {
    async fn record_intent(
        &self,
        intent: &PaymentIntent,
        keyed: Option<&KeyedOrderRequest>,
        lease: Duration,
    ) -> Result<IntentOutcome, RepositoryError> {
        if let Some(keyed) = keyed {
            return self.record_keyed_intent(intent, keyed, lease).await;
        }
        self.insert_intent(intent, lease).await?;
        Ok(IntentOutcome::Recorded)
    }

    async fn check_key(&self, keyed: &KeyedOrderRequest) -> Result<IntentOutcome, RepositoryError> {
        self.check_idempotency_key(keyed).await
    }

    async fn complete(&self, order: &Order) -> Result<bool, RepositoryError> {
        let snapshot = order.snapshot();
        let update = doc! {
            "$unset": {"intent": ""},
            "$set": {
                "customerId": &snapshot.customer_id,
                "revision": 1_i64,
                "order": order_document(order)?,
                "pending": pending_events(None, order)?,
            },
        };
        let open_intent = doc! {"_id": snapshot.order_id.to_string(), "intent.abandoned": false};
        let updated = in_time(self.orders.update_one(open_intent, update)).await?;
        self.pending.notify_one();
        found_and_changed(&updated, "the intent")
    }

    async fn delete_intent(&self, order_id: OrderId) -> Result<(), RepositoryError> {
        self.delete_intent(order_id).await
    }

    async fn abandon_intent(&self, order_id: OrderId) -> Result<(), RepositoryError> {
        let intent = doc! {"_id": order_id.to_string(), "intent": {"$exists": true}};
        let update = doc! {"$set": {"intent.abandoned": true, "intent.leaseUntil": DateTime::now()}};
        in_time(self.orders.update_one(intent, update)).await?;
        Ok(())
    }

    async fn claim_intents(&self, most: u32, lease: Duration) -> Result<Vec<OrderId>, RepositoryError> {
        // The clocks of two replicas may differ. If an intent is claimed too early, its order fails, but no money is
        // lost.
        let now = DateTime::now();
        let update = doc! {"$set": {
            "intent.abandoned": true,
            "intent.leaseUntil": later(now, lease.max(MIN_LEASE)),
        }};
        let intents = self.orders.clone_with_type::<ClaimedDocument>();
        let mut claimed = Vec::new();
        for _ in 0..most {
            // Without a projection: not every server has one here, and an intent is small.
            let expired = intents
                .find_one_and_update(doc! {"intent.leaseUntil": {"$lte": now}}, update.clone())
                .sort(doc! {"intent.leaseUntil": 1})
                .return_document(ReturnDocument::After);
            let Some(found) = in_time(expired).await? else {
                break;
            };
            if !found.intent.abandoned || found.intent.lease_until <= now {
                return Err(unchanged("the intent"));
            }
            claimed.push(found.order_id.parse().map_err(failed)?);
        }
        Ok(claimed)
    }

    async fn delete_keys(&self, age: Duration) -> Result<u64, RepositoryError> {
        self.delete_idempotency_keys(age).await
    }

    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, RepositoryError> {
        loop {
            let Some(stored) = self.load(order_id).await? else {
                return Ok(None);
            };
            let Some(next) = decide(&stored.order) else {
                return Ok(Some(stored.order));
            };
            let pending = pending_events(Some(&stored.order), &next)?;
            // This terminates: each further iteration means that another change has succeeded.
            if self.replace(&stored, &next, pending, Vec::new()).await? {
                return Ok(Some(next));
            }
        }
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, RepositoryError> {
        Ok(self.load(order_id).await?.map(|stored| stored.order))
    }

    async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, RepositoryError> {
        if limit == 0 {
            // To the database, a limit of 0 means no limit.
            return Ok(Vec::new());
        }
        let mut filter = doc! {"order": {"$exists": true}};
        if let Some(customer_id) = customer_id {
            filter.insert("customerId", customer_id);
        }
        let orders = self.orders.clone_with_type::<OrderDocument>();
        let found = orders
            .find(filter)
            .sort(doc! {"_id": -1})
            .limit(i64::from(limit))
            .projection(doc! {"order": 1});
        let documents: Vec<OrderDocument> = in_time(async { found.await?.try_collect().await }).await?;
        let stored = documents
            .into_iter()
            .filter_map(|document| document.into_order().transpose());
        stored.map(|stored| Ok(stored?.order)).collect()
    }

    async fn store(&self, store_id: &str) -> Result<Option<StoreSnapshot>, RepositoryError> {
        self.find_store(store_id).await
    }

    async fn has_stores(&self) -> Result<bool, RepositoryError> {
        self.are_there_stores().await
    }

    async fn products(
        &self,
        product_ids: &[String],
    ) -> Result<BTreeMap<String, KnownProduct>, RepositoryError> {
        self.find_products(product_ids).await
    }
}

/// The event that announces the change, with the current trace.
fn pending_events(before: Option<&Order>, order: &Order) -> Result<Vec<Document>, RepositoryError> {
    let event = order.announcement(before);
    let pending = event.map(|event| pending_event(event, trace::current_header()));
    pending.into_iter().collect()
}
