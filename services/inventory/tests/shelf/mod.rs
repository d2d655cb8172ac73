//! The inventory service with a separate database, for tests.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use axum::body::Body;
use chrono::Utc;
use fdp_contracts::{CloudEvent, Event, OrderId, OrderLine, OrderSnapshot, OrderState, StockOutcome, topic};
use fdp_http::Caller;
use fdp_http::caller::CALLER;
use fdp_messaging::{Effects, Incoming};
use fdp_runtime::SystemClock;
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use http::header::{ETAG, IF_MATCH};
use http::{HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt;
use inventory::adapters::events::OrderEvents;
use inventory::adapters::http as api;
use inventory::adapters::storage::{MIGRATIONS, PgProductRepository, announce_all_again};
use inventory::application::products::{Products, Registration};
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
            store_id: "1".into(),
            product_name: format!("TV {product_id}"),
            stock,
            unit_price: None,
        };
        let registration = Registration {
            told_stock: Some(stock),
            product,
            replaces: None,
        };
        self.products.register(registration, &|_| true).await.unwrap();
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

    /// Has all products announced once more.
    pub(crate) async fn announce(&self) -> u64 {
        let outbox = Outbox::new("inventory", topic::INVENTORY);
        announce_all_again(&self.pool, &outbox).await.unwrap()
    }

    /// How many movements with this outcome were published.
    pub(crate) async fn movements(&self, outcome: StockOutcome) -> usize {
        let events = self.published().await;
        let is_counted =
            |event: &&Event| matches!(event, Event::Stock(movement) if movement.outcome == outcome);
        events.iter().filter(is_counted).count()
    }

    /// The tag of a product's current version.
    pub(crate) async fn tag(&self, product_id: &str) -> String {
        let request = Request::get(format!("/inventories/{product_id}"))
            .body(Body::empty())
            .unwrap();
        let response = api::routes(self.products.clone()).oneshot(request).await.unwrap();
        response.headers()[ETAG].to_str().unwrap().to_owned()
    }

    /// Changes the version of a product that has that tag.
    pub(crate) async fn change(&self, tag: &str, body: Value) -> (StatusCode, Value) {
        let headers = [(IF_MATCH, HeaderValue::from_str(tag).unwrap())];
        self.send("POST", "/inventories", &headers, body).await
    }

    /// Sends a request of somebody.
    pub(crate) async fn call_as(&self, caller: &Caller, path: &str, body: Value) -> (StatusCode, Value) {
        self.send("POST", path, &[(CALLER, caller.header().unwrap())], body)
            .await
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Value,
    ) -> (StatusCode, Value) {
        let name = HeaderName::from_static("idempotency-key");
        let key = key.map(|key| (name, HeaderValue::from_str(key).unwrap()));
        self.send(method, path, key.as_slice(), body).await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Value,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
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
        delivery_fee: 0,
        store_version: None,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    }
}
