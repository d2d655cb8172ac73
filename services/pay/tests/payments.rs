//! Tests payments through HTTP and events, in a real database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

mod support;

use axum::Router;
use chrono::Utc;
use fdp_contracts::PaymentState::{Approved, Refunded, Voided};
use fdp_contracts::{CloudEvent, Event, OrderId, OrderSnapshot, OrderState, PaymentState, topic};
use fdp_messaging::{Effects, Incoming};
use fdp_runtime::SystemClock;
use fdp_storage::Outbox;
use fdp_storage::inbox::{PgInbox, Reacting};
use futures::future::join_all;
use http::StatusCode;
use pay::adapters::events::EndedOrders;
use pay::adapters::storage::{PaymentTable, PgPayments};
use pay::application::Payments;
use pay::drills::Drills;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::send;

const LIMIT: u64 = 1_000_000;
const TIMEOUT: Duration = Duration::from_secs(20);

struct Pay {
    pool: PgPool,
    routes: Router,
    drills: Router,
    inbox: PgInbox<Reacting<PaymentTable, EndedOrders>>,
}

impl Pay {
    async fn new() -> Self {
        let pool = fdp_test_database::migrated(&pay::MIGRATIONS).await.unwrap();
        let outbox = Outbox::new("pay", topic::PAY);
        let stored = Arc::new(PgPayments::new(pool.clone(), outbox.clone()));
        let payments = Payments::new(stored.clone(), Arc::new(SystemClock), LIMIT);
        let drills = Drills::default();
        Self {
            inbox: PgInbox::new(pool.clone(), outbox, Reacting::new(EndedOrders)),
            drills: pay::drill_routes(drills.clone()),
            routes: pay::routes(payments, stored, drills, None),
            pool,
        }
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        send(&self.routes, method, path, body).await
    }

    /// Asks the port for drills.
    async fn drills(&self, method: &str, body: Value) -> (StatusCode, Value) {
        send(&self.drills, method, "/drills", body).await
    }

    async fn approve(&self, order_id: OrderId, amount: u64) -> (StatusCode, Value) {
        let body = json!({"orderId": order_id, "amount": amount, "customerId": "100"});
        self.call("POST", "/payments", body).await
    }

    async fn void(&self, order_id: OrderId) -> (StatusCode, Value) {
        self.call("POST", &format!("/payments/{order_id}/void"), Value::Null)
            .await
    }

    /// The states of all payments of an order.
    async fn payments(&self, order_id: OrderId) -> Vec<Value> {
        let (status, found) = self
            .call("GET", &format!("/payments?orderId={order_id}"), Value::Null)
            .await;
        assert_eq!(status, StatusCode::OK);
        let found = found.as_array().unwrap();
        found.iter().map(|payment| payment["state"].clone()).collect()
    }

    async fn until_paid(&self, order_id: OrderId) {
        let started = Instant::now();
        while self.payments(order_id).await != ["Approved"] {
            assert!(started.elapsed() < TIMEOUT, "{order_id} is never paid");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The published states of an order's payment.
    async fn announced(&self, order_id: OrderId) -> Vec<PaymentState> {
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
}

fn order(order_id: OrderId, state: OrderState, amount: u64) -> Incoming {
    let order = OrderSnapshot {
        order_id,
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![],
        amount,
        delivery_fee: 0,
        store_version: None,
        state,
        reason: None,
        version: 2,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    };
    let envelope = Event::Order(order).into_cloud_event("order", None).unwrap();
    Incoming::open(envelope).unwrap()
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn a_payment_is_approved_once_however_often_it_is_requested() {
    let pay = Pay::new().await;
    let order_id = OrderId::new();
    let responses = join_all((0..20).map(|_| pay.approve(order_id, 500))).await;
    let created = responses
        .iter()
        .filter(|(status, _)| *status == StatusCode::CREATED);
    assert_eq!(created.count(), 1);
    assert!(responses.iter().all(|(status, _)| status.is_success()));
    assert!(responses.iter().all(|(_, payment)| *payment == responses[0].1));
    assert_eq!(pay.announced(order_id).await, [Approved]);
    let (status, problem) = pay.approve(order_id, 501).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn a_void_and_a_payment_at_once_leave_the_order_unpaid() {
    let pay = Pay::new().await;
    let orders: Vec<OrderId> = (0..30).map(|_| OrderId::new()).collect();
    let races = orders
        .iter()
        .map(|order_id| async { tokio::join!(pay.approve(*order_id, 500), pay.void(*order_id)) });
    for (order_id, ((approved, _), (voided, _))) in orders.iter().zip(join_all(races).await) {
        assert_eq!(voided, StatusCode::OK);
        assert_eq!(pay.payments(*order_id).await, ["Voided"]);
        let announced = pay.announced(*order_id).await;
        if approved == StatusCode::CREATED {
            assert_eq!(announced, [Approved, Voided]);
        } else {
            assert_eq!((approved, announced), (StatusCode::CONFLICT, vec![Voided]));
        }
    }
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn ended_orders_are_refunded_once_and_delivered_ones_are_not() {
    let pay = Pay::new().await;
    let orders: Vec<OrderId> = (0..4).map(|_| OrderId::new()).collect();
    for order_id in &orders {
        assert_eq!(pay.approve(*order_id, 500).await.0, StatusCode::CREATED);
    }
    let events = [
        order(orders[0], OrderState::Cancelled, 500),
        order(orders[1], OrderState::Rejected, 500),
        order(orders[2], OrderState::Delivered, 500),
    ];
    assert_eq!(pay.inbox.apply(&events).await.unwrap(), 0);
    assert_eq!(
        pay.inbox.apply(&events).await.unwrap(),
        3,
        "all were handled before"
    );
    for (order_id, state) in orders
        .iter()
        .zip(["Refunded", "Refunded", "Approved", "Approved"])
    {
        assert_eq!(pay.payments(*order_id).await, [state]);
    }
    assert_eq!(pay.announced(orders[0]).await, [Approved, Refunded]);
    assert!(
        !pay.inbox.concerns(OrderState::Delivered.event_type()),
        "these need no transaction"
    );
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn an_order_that_ended_before_its_payment_came_is_never_paid() {
    let pay = Pay::new().await;
    let order_id = OrderId::new();
    let cancelled = [order(order_id, OrderState::Cancelled, 500)];
    pay.inbox.apply(&cancelled).await.unwrap();
    let (status, problem) = pay.approve(order_id, 500).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    assert_eq!(pay.payments(order_id).await, ["Voided"]);
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn in_a_drill_a_payment_can_be_approved_and_its_response_late() {
    let pay = Pay::new().await;
    let drill = json!({"delayMs": {"min": 30_000, "max": 30_000}, "delayAt": "after", "forSeconds": 60});
    assert_eq!(pay.drills("PUT", drill).await.0, StatusCode::OK);
    let order_id = OrderId::new();
    // The waiting caller hangs up as soon as the payment is visible.
    tokio::select! {
        response = pay.approve(order_id, 500) => panic!("the response was not late: {response:?}"),
        () = pay.until_paid(order_id) => {}
    }
    let (status, payment) = pay.approve(order_id, 500).await;
    assert_eq!((status, &payment["state"]), (StatusCode::OK, &json!("Approved")));
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn in_a_drill_an_approval_outlives_its_caller_and_a_retry_waits_for_it() {
    let pay = Pay::new().await;
    let drill = json!({"delayMs": {"min": 300, "max": 300}, "forSeconds": 60});
    assert_eq!(pay.drills("PUT", drill).await.0, StatusCode::OK);
    let (left, requested_twice) = (OrderId::new(), OrderId::new());
    let hung_up = tokio::time::timeout(Duration::from_millis(50), pay.approve(left, 500)).await;
    assert!(hung_up.is_err() && pay.payments(left).await.is_empty());
    pay.until_paid(left).await;
    let (one, other) = tokio::join!(
        pay.approve(requested_twice, 500),
        pay.approve(requested_twice, 500)
    );
    assert_eq!(one.1, other.1);
    assert_eq!(pay.announced(requested_twice).await, [Approved]);
    let (_, status) = pay.drills("GET", Value::Null).await;
    assert_eq!(status["payments"], 2, "the retry was not a payment of its own");
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn in_a_drill_requests_fail_before_or_after_the_approval() {
    let pay = Pay::new().await;
    for (mode, payments) in [("error", vec![]), ("lostAnswer", vec!["Approved"])] {
        let drill = json!({"failureRate": 1, "mode": mode, "forSeconds": 60});
        let (status, shown) = pay.drills("PUT", drill).await;
        assert_eq!((status, &shown["mode"]), (StatusCode::OK, &json!(mode)));
        let order_id = OrderId::new();
        let (status, _) = pay.approve(order_id, 500).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(pay.payments(order_id).await, payments, "{mode}");
        assert_eq!(pay.drills("GET", Value::Null).await.1["payments"], 1, "{mode}");
    }
    let nonsense = json!({"failureRate": 2, "forSeconds": 60});
    assert_eq!(pay.drills("PUT", nonsense).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(pay.drills("DELETE", Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(pay.approve(OrderId::new(), 500).await.0, StatusCode::CREATED);
}
