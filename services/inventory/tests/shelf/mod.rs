//! The inventory service with a separate database, for tests.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use axum::body::Body;
use chrono::Utc;
use fdp_contracts::{CloudEvent, Event, OrderId, OrderLine, OrderSnapshot, OrderState, StockOutcome, topic};
use fdp_messaging::{Effects, Incoming};
use fdp_runtime::SystemClock;
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use inventory::adapters::events::OrderEvents;
use inventory::adapters::http as api;
use inventory::adapters::storage::{MIGRATIONS, PgProductRepository};
use inventory::application::products::Products;
use inventory::domain::product::NewProduct;
use serde_json::Value;
use sqlx::PgPool;
use std::sync::Arc;
use tower::ServiceExt;

#[derive(Clone)]
pub(crate) struct Shelf {
    pool: PgPool,
    inbox: Arc<PgInbox<OrderEvents>>,
    products: Products,
}

impl Shelf {
    pub(crate) async fn empty() -> Self {
        let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
        let outbox = Outbox::new("inventory", topic::INVENTORY);
        let repository = PgProductRepository {
            pool: pool.clone(),
            outbox: outbox.clone(),
        };
        Self {
            inbox: Arc::new(PgInbox::new(pool.clone(), outbox, OrderEvents)),
            products: Products::new(Arc::new(repository), Arc::new(SystemClock)),
            pool,
        }
    }

    /// Starts with this stock of the product 1001.
    pub(crate) async fn with(stock: u32) -> Self {
        let shelf = Self::empty().await;
        shelf.register("1001", stock).await;
        shelf
    }

    pub(crate) async fn register(&self, product_id: &str, stock: u32) {
        let product = NewProduct {
            product_id: product_id.into(),
            product_name: format!("TV {product_id}"),
            stock,
            unit_price: None,
        };
        self.products.register(product).await.unwrap();
    }

    /// Receives these events in one batch.
    pub(crate) async fn receive_events(&self, events: &[Incoming]) {
        self.inbox.apply(events).await.unwrap();
    }

    /// Receives the events of these orders in these states, in one batch.
    pub(crate) async fn receive(&self, orders: &[(OrderState, &OrderSnapshot)]) {
        let events: Vec<_> = orders
            .iter()
            .map(|(state, order)| incoming(*state, order))
            .collect();
        self.receive_events(&events).await;
    }

    pub(crate) async fn stock(&self, product_id: &str) -> u64 {
        let product = self.products.product(product_id).await.unwrap();
        product.unwrap().stock
    }

    /// Does what the migration of a later version would do.
    pub(crate) async fn add_column(&self, table: &'static str) {
        let statement = sqlx::AssertSqlSafe(format!("ALTER TABLE {table} ADD COLUMN later TEXT"));
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }

    /// The events in the outbox, oldest first.
    pub(crate) async fn published(&self) -> Vec<Event> {
        let payloads: Vec<sqlx::types::Json<CloudEvent>> =
            sqlx::query_scalar("SELECT payload FROM outbox ORDER BY seq")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        payloads.iter().map(|payload| payload.event().unwrap()).collect()
    }

    /// How many movements with this outcome were published.
    pub(crate) async fn movements(&self, outcome: StockOutcome) -> usize {
        let events = self.published().await;
        let is_counted =
            |event: &&Event| matches!(event, Event::Stock(movement) if movement.outcome == outcome);
        events.iter().filter(is_counted).count()
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Value,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = api::routes(self.products.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }
}

pub(crate) fn incoming(state: OrderState, order: &OrderSnapshot) -> Incoming {
    let order = OrderSnapshot {
        state,
        ..order.clone()
    };
    Incoming::open(Event::Order(order).into_cloud_event("order", None).unwrap()).unwrap()
}

pub(crate) fn order(lines: &[(&str, u32)]) -> OrderSnapshot {
    let line = |(product_id, qty): &(&str, u32)| OrderLine {
        product_id: Some((*product_id).to_owned()),
        product_name: "TV".into(),
        qty: *qty,
        unit_price: 10_000,
    };
    OrderSnapshot {
        order_id: OrderId::new(),
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: lines.iter().map(line).collect(),
        amount: 10_000,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    }
}
