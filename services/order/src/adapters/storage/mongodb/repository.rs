//! The repository of orders in MongoDB.

use crate::adapters::storage::mongodb::MongoOrders;
use crate::adapters::storage::mongodb::documents::{OrderDocument, order_document, pending_event};
use crate::adapters::storage::mongodb::errors::{found_and_changed, in_time};
use crate::application::ports::{
    ClaimedIntent, Decide, IntentOutcome, KeyedOrderRequest, OrderRepository, PaymentIntent, RepositoryError,
    WaitOutcome,
};
use crate::domain::{AwaitingOrder, KnownProduct, Order, Unpaid};
use async_trait::async_trait;
use fdp_contracts::{OrderId, StoreSnapshot};
use fdp_runtime::trace;
use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use std::collections::BTreeMap;
use std::time::Duration;

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

    async fn await_payment(
        &self,
        awaiting: &AwaitingOrder,
        lease: Duration,
    ) -> Result<WaitOutcome, RepositoryError> {
        self.wait_for_customer(awaiting, lease).await
    }

    async fn find_unpaid(&self, order_id: OrderId) -> Result<Option<Unpaid>, RepositoryError> {
        self.load_unpaid(order_id).await
    }

    async fn abandon_intent(&self, order_id: OrderId) -> Result<bool, RepositoryError> {
        self.abandon(order_id).await
    }

    async fn claim_intents(&self, most: u32, lease: Duration) -> Result<Vec<ClaimedIntent>, RepositoryError> {
        self.claim(most, lease).await
    }

    async fn settle_intent(&self, order_id: OrderId, kept: Duration) -> Result<(), RepositoryError> {
        self.settle(order_id, kept).await
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
