//! The repository of orders in PostgreSQL: each order is one JSON document, changed together with its event in the
//! outbox.

use crate::adapters::storage::postgres::PgOrders;
use crate::adapters::storage::postgres::errors::failed;
use crate::adapters::storage::postgres::{idempotency_keys, intents, prices, stores};
use crate::application::ports::{
    ClaimedIntent, Decide, IntentOutcome, KeyedOrderRequest, OrderRepository, PaymentIntent, RepositoryError,
    WaitOutcome,
};
use crate::domain::{AwaitingOrder, KnownProduct, Order, Unpaid};
use async_trait::async_trait;
use fdp_contracts::{OrderId, StoreSnapshot};
use fdp_runtime::trace;
use fdp_storage::ledger::{Change, Ledger as _};
use fdp_storage::outbox::{OutboxError, Row};
use sqlx::types::Json;
use std::collections::BTreeMap;
use std::time::Duration;

impl PgOrders {
    /// The outbox row of the event that announces a new order.
    fn row(&self, order: &Order) -> Result<Option<Row>, OutboxError> {
        let traceparent = trace::current_header();
        order
            .announcement(None)
            .map(|event| self.0.outbox().row(event, traceparent))
            .transpose()
    }
}

#[async_trait]
impl OrderRepository for PgOrders {
    /// One statement, and so one round trip and one commit, unless the key was used before.
    async fn record_intent(
        &self,
        intent: &PaymentIntent,
        keyed: Option<&KeyedOrderRequest>,
        lease: Duration,
    ) -> Result<IntentOutcome, RepositoryError> {
        if let Some(keyed) = keyed {
            return if idempotency_keys::record_first(self.pool(), intent, keyed, lease).await? {
                Ok(IntentOutcome::Recorded)
            } else {
                idempotency_keys::record_again(self.pool(), intent, keyed, lease).await
            };
        }
        intents::insert(self.pool(), intent, lease).await?;
        Ok(IntentOutcome::Recorded)
    }

    async fn check_key(&self, keyed: &KeyedOrderRequest) -> Result<IntentOutcome, RepositoryError> {
        Ok(idempotency_keys::check(self.pool(), keyed).await?)
    }

    /// Also one statement. If another transaction is abandoning the intent, the statement waits for it and then finds
    /// the intent abandoned.
    async fn complete(&self, order: &Order) -> Result<bool, RepositoryError> {
        let snapshot = order.snapshot();
        let Some(row) = self.row(order).map_err(failed)? else {
            return Ok(false);
        };
        let completed = sqlx::query(
            "WITH intent AS ( \
                 DELETE FROM payment_intents WHERE order_id = $1 AND NOT abandoned RETURNING order_id), \
             placed AS ( \
                 INSERT INTO orders (order_id, customer_id, document) \
                 SELECT order_id, $2, $3 FROM intent RETURNING order_id) \
             INSERT INTO outbox (event_id, topic, key, payload) SELECT $4, $5, $6, $7::json FROM placed",
        )
        .bind(snapshot.order_id.uuid())
        .bind(&snapshot.customer_id)
        .bind(Json(order))
        .bind(row.event_id())
        .bind(row.topic())
        .bind(row.key())
        .bind(row.payload())
        .execute(self.pool())
        .await?
        .rows_affected();
        if completed == 0 {
            return Ok(false);
        }
        self.0.outbox().wake();
        Ok(true)
    }

    async fn delete_intent(&self, order_id: OrderId) -> Result<(), RepositoryError> {
        intents::delete(self.pool(), order_id).await
    }

    async fn await_payment(
        &self,
        awaiting: &AwaitingOrder,
        lease: Duration,
    ) -> Result<WaitOutcome, RepositoryError> {
        Ok(intents::await_payment(self.pool(), awaiting, lease).await?)
    }

    async fn find_unpaid(&self, order_id: OrderId) -> Result<Option<Unpaid>, RepositoryError> {
        Ok(intents::find(self.pool(), order_id).await?)
    }

    async fn abandon_intent(&self, order_id: OrderId) -> Result<bool, RepositoryError> {
        Ok(intents::abandon(self.pool(), order_id).await?)
    }

    async fn claim_intents(&self, most: u32, lease: Duration) -> Result<Vec<ClaimedIntent>, RepositoryError> {
        Ok(intents::claim(self.pool(), most, lease).await?)
    }

    async fn settle_intent(&self, order_id: OrderId, kept: Duration) -> Result<(), RepositoryError> {
        intents::settle(self.pool(), order_id, kept).await
    }

    async fn delete_keys(&self, age: Duration) -> Result<u64, RepositoryError> {
        let forgotten = idempotency_keys::delete_old(self.pool(), age).await?;
        intents::forget_voided(self.pool()).await?;
        Ok(forgotten)
    }

    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, RepositoryError> {
        let decide = |present: Option<&Order>| {
            let next = decide(present?)?;
            Some(Change {
                events: next.announcement(present).into_iter().collect(),
                aggregate: next,
            })
        };
        Ok(self.0.change(order_id, &decide).await?.aggregate)
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, RepositoryError> {
        Ok(self.0.find(order_id).await?)
    }

    async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, RepositoryError> {
        let query = match customer_id {
            Some(customer_id) => sqlx::query_scalar(
                "SELECT document FROM orders WHERE customer_id = $2 ORDER BY order_id DESC LIMIT $1",
            )
            .bind(i64::from(limit))
            .bind(customer_id),
            None => sqlx::query_scalar("SELECT document FROM orders ORDER BY order_id DESC LIMIT $1")
                .bind(i64::from(limit)),
        };
        let found: Vec<Json<Order>> = query.fetch_all(self.pool()).await?;
        Ok(found.into_iter().map(|Json(order)| order).collect())
    }

    async fn store(&self, store_id: &str) -> Result<Option<StoreSnapshot>, RepositoryError> {
        Ok(stores::find(self.pool(), store_id).await?)
    }

    async fn has_stores(&self) -> Result<bool, RepositoryError> {
        Ok(stores::are_there(self.pool()).await?)
    }

    async fn products(
        &self,
        product_ids: &[String],
    ) -> Result<BTreeMap<String, KnownProduct>, RepositoryError> {
        Ok(prices::find(self.pool(), product_ids).await?)
    }
}
