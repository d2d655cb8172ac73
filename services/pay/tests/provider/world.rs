//! The pay service with a provider, on a real database: requests, events, and rounds of the settlement.

use axum::Router;
use axum::body::Body;
use chrono::Utc;
use fdp_contracts::{CloudEvent, Event, OrderId, OrderSnapshot, OrderState, PaymentState, topic};
use fdp_http::Caller;
use fdp_http::caller::CALLER;
use fdp_messaging::{Effects as _, Incoming};
use fdp_runtime::SystemClock;
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use fdp_test_stripe::{StripePeer, Webhook};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use pay::adapters::events::AcceptedOrders;
use pay::adapters::storage::PgPayments;
use pay::adapters::stripe::StripeSettings;
use pay::application::Payments;
use pay::application::provider_payments::{Reconciliation, Settlement};
use pay::provider::Provider;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower::ServiceExt as _;

const LIMIT: u64 = 1_000_000;
const TIMEOUT: Duration = Duration::from_mins(1);
/// Long enough for the calls of one round, each of which gives up after a part of it.
const LEASE: Duration = Duration::from_secs(2);
const CALL_TIMEOUT: Duration = Duration::from_millis(400);

pub(crate) const AMOUNT: u64 = 18_000;

pub(crate) struct World {
    pub(crate) peer: StripePeer,
    pub(crate) pool: PgPool,
    pub(crate) settlement: Settlement,
    pub(crate) reconciliation: Reconciliation,
    routes: Router,
    inbox: PgInbox<AcceptedOrders>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let pool = fdp_test_database::migrated(&pay::MIGRATIONS).await.unwrap();
        let peer = StripePeer::start().await;
        let outbox = Outbox::new("pay", topic::PAY);
        let settings = StripeSettings {
            secret_key: StripePeer::SECRET_KEY.to_owned(),
            webhook_secret: StripePeer::WEBHOOK_SECRET.to_owned(),
            url: peer.endpoint().to_owned(),
            public_url: "https://shop.example.com".to_owned(),
            timeout: CALL_TIMEOUT,
        };
        let provider = Provider::new(&settings, &pool, &outbox, LIMIT, LEASE).unwrap();
        let stored = Arc::new(PgPayments::new(pool.clone(), outbox.clone()));
        let payments = Payments::new(stored.clone(), Arc::new(SystemClock), LIMIT);
        Self {
            peer,
            settlement: provider.settlement,
            reconciliation: provider.reconciliation,
            routes: pay::provider_routes(provider.paying, payments, stored, provider.webhooks),
            inbox: PgInbox::new(pool.clone(), outbox, AcceptedOrders::default()),
            pool,
        }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn pay(&self, order_id: OrderId) -> (StatusCode, Value) {
        let body = json!({
            "orderId": order_id, "amount": AMOUNT, "customerId": "100", "returnPath": format!("/orders/{order_id}"),
        });
        self.call("POST", "/payments", body).await
    }

    pub(crate) async fn void(&self, order_id: OrderId) {
        let path = format!("/payments/{order_id}/void");
        let (status, body) = self.call("POST", &path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }

    /// An order whose customer was sent to the page and has paid there; pay has not heard of that.
    pub(crate) async fn paid_at_the_provider(&self) -> OrderId {
        let order_id = OrderId::new();
        let (status, body) = self.pay(order_id).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        assert!(self.peer.customer_pays(&order_id.to_string()));
        order_id
    }

    /// An order that is paid.
    pub(crate) async fn paid(&self) -> OrderId {
        let order_id = self.paid_at_the_provider().await;
        let (status, body) = self.pay(order_id).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        order_id
    }

    pub(crate) async fn deliver(&self, webhook: &Webhook) -> StatusCode {
        let request = Request::builder()
            .method("POST")
            .uri("/payments/webhooks/stripe")
            .header("stripe-signature", &webhook.signature)
            .body(Body::from(webhook.body.clone()))
            .unwrap();
        self.send(request).await.0
    }

    /// Stripe tells of something that happened to the order's payment.
    pub(crate) async fn hint(&self, order_id: OrderId) {
        let webhook = self.peer.webhook("charge.refund.updated", &order_id.to_string());
        assert_eq!(self.deliver(&webhook).await, StatusCode::OK);
    }

    /// The order service tells that an order is in this state.
    pub(crate) async fn order_is(&self, order_id: OrderId, state: OrderState) {
        let order = OrderSnapshot {
            order_id,
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: vec![],
            amount: AMOUNT,
            delivery_fee: 0,
            store_version: None,
            state,
            reason: None,
            version: 2,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        };
        let envelope = Event::Order(order).into_cloud_event("order", None).unwrap();
        self.inbox
            .apply(&[Incoming::open(envelope).unwrap()])
            .await
            .unwrap();
    }

    /// Settles until the payment is at rest: nothing of it is due or under way.
    pub(crate) async fn rest(&self, order_id: OrderId) {
        let started = Instant::now();
        while !self.rests(order_id).await {
            assert!(
                started.elapsed() < TIMEOUT,
                "{order_id} does not come to rest: {}",
                self.row(order_id).await
            );
            self.settlement.settle_due().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn rests(&self, order_id: OrderId) -> bool {
        sqlx::query_scalar("SELECT next_attempt_at IS NULL FROM provider_payments WHERE order_id = $1")
            .bind(order_id.uuid())
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// The row of the payment, for messages and details.
    pub(crate) async fn row(&self, order_id: OrderId) -> Value {
        sqlx::query_scalar("SELECT to_json(p) FROM provider_payments p WHERE order_id = $1")
            .bind(order_id.uuid())
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// The order's payment as it is shown to those who run the platform.
    pub(crate) async fn shown(&self, order_id: OrderId) -> Value {
        self.shown_to(&Caller::System, order_id).await
    }

    /// The order's payment as it is shown to `caller`.
    pub(crate) async fn shown_to(&self, caller: &Caller, order_id: OrderId) -> Value {
        let mut request = Request::builder().uri(format!("/payments?orderId={order_id}"));
        if let Some(value) = caller.header() {
            request = request.header(CALLER, value);
        }
        let (status, mut found) = self.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{found}");
        found.get_mut(0).map(Value::take).unwrap_or_default()
    }

    /// The published states of the order's payment.
    pub(crate) async fn announced(&self, order_id: OrderId) -> Vec<PaymentState> {
        let payloads: Vec<sqlx::types::Json<CloudEvent>> =
            sqlx::query_scalar("SELECT payload FROM outbox WHERE key = $1 ORDER BY seq")
                .bind(order_id.to_string())
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let state = |payload: &sqlx::types::Json<CloudEvent>| match payload.event().unwrap() {
            Event::Payment(payment) => payment.state,
            other => panic!("not a payment: {other:?}"),
        };
        payloads.iter().map(state).collect()
    }

    pub(crate) fn held(&self, order_id: OrderId) -> u64 {
        self.peer.held(&order_id.to_string())
    }

    /// Lets the last change of all payments be long ago: what has just changed is not compared.
    pub(crate) async fn let_pass(&self) {
        sqlx::query("UPDATE provider_payments SET changed_at = changed_at - interval '1 hour'")
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// Lets the time pass until the leases of killed processes are over.
    pub(crate) async fn leases_end(&self) {
        sqlx::query("UPDATE provider_payments SET lease_until = now(), next_attempt_at = now() WHERE lease_until IS NOT NULL")
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// Waits until `condition` holds.
    pub(crate) async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let started = Instant::now();
        while !condition().await {
            assert!(started.elapsed() < TIMEOUT, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
