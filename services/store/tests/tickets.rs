//! Tickets through events and HTTP, in a real database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

use axum::Router;
use axum::body::Body;
use chrono::Utc;
use fdp_contracts::TicketState::{Accepted, Cancelled, CookingFinished, CookingStarted, Received};
use fdp_contracts::{CloudEvent, Event, OrderId, OrderLine, OrderSnapshot, OrderState, TicketState};
use fdp_kit::EventHandler;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::Duration;
use store::app::Tickets;
use store::consumer::OrderEvents;
use store::{MIGRATIONS, http as api};
use tower::ServiceExt;

struct Store {
    pool: PgPool,
    routes: Router,
}

impl Store {
    async fn new() -> Self {
        let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
        let routes = api::routes(Tickets::new(pool.clone()));
        Self { pool, routes }
    }

    async fn hears(&self, order: &OrderSnapshot) {
        let event = Event::Order(order.clone());
        let envelope = event.clone().into_cloud_event("order", None).unwrap();
        let mut transaction = self.pool.begin().await.unwrap();
        OrderEvents
            .handle(&mut transaction, event, &envelope)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.routes.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn published(&self) -> Vec<TicketState> {
        let payloads: Vec<sqlx::types::Json<CloudEvent>> =
            sqlx::query_scalar("SELECT payload FROM outbox ORDER BY seq")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let state = |payload: &sqlx::types::Json<CloudEvent>| match payload.event().unwrap() {
            Event::Ticket(ticket) => ticket.state,
            other => panic!("not a ticket: {other:?}"),
        };
        payloads.iter().map(state).collect()
    }
}

fn placed() -> OrderSnapshot {
    OrderSnapshot {
        order_id: OrderId::new(),
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![OrderLine {
            product_id: None,
            product_name: "통닭".into(),
            qty: 1,
            unit_price: 10_000,
        }],
        amount: 10_000,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    }
}

fn cancelled(order: &OrderSnapshot) -> OrderSnapshot {
    OrderSnapshot {
        state: OrderState::Cancelled,
        reason: Some("changed my mind".into()),
        version: order.version + 1,
        ..order.clone()
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_comes_in_is_accepted_and_cooked() {
    let store = Store::new().await;
    let order = placed();
    store.hears(&order).await;
    let (_, list) = store
        .call("GET", "/stores/1/tickets?state=Received", Value::Null)
        .await;
    assert_eq!(list[0]["orderId"], order.order_id.to_string());
    assert_eq!(list[0]["lines"][0]["productName"], "통닭");
    assert!(list[0]["notifiedAt"].is_string());
    let ticket = format!("/stores/1/tickets/{}", order.order_id);
    for (command, state) in [
        ("accept", "Accepted"),
        ("start-cooking", "CookingStarted"),
        ("finish-cooking", "CookingFinished"),
    ] {
        let (status, body) = store
            .call("POST", &format!("{ticket}/{command}"), Value::Null)
            .await;
        assert_eq!(
            (status, &body["state"]),
            (StatusCode::OK, &json!(state)),
            "{body}"
        );
        assert_eq!(store.call("GET", &ticket, Value::Null).await.1, body);
    }
    let states = [Received, Accepted, CookingStarted, CookingFinished];
    assert_eq!(store.published().await, states);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_command_that_the_state_does_not_allow_is_a_conflict_that_says_what_is_possible() {
    let store = Store::new().await;
    let order = placed();
    store.hears(&order).await;
    let ticket = format!("/stores/1/tickets/{}", order.order_id);
    let (status, problem) = store
        .call("POST", &format!("{ticket}/start-cooking"), Value::Null)
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], "urn:fooddelivery:problem:ticket-state");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("Received") && detail.contains("accept, reject"),
        "{detail}"
    );
    assert_eq!(store.published().await, [Received]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_owner_refuses_an_order_with_a_reason() {
    let store = Store::new().await;
    let order = placed();
    store.hears(&order).await;
    let reject = format!("/stores/1/tickets/{}/reject", order.order_id);
    let (status, problem) = store.call("POST", &reject, json!({})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    let (status, body) = store.call("POST", &reject, json!({"reason": "sold out"})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&body["state"], &body["reason"]),
        (&json!("Rejected"), &json!("sold out"))
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_ticket_is_found_only_at_its_own_store_even_if_that_is_not_registered() {
    let store = Store::new().await;
    let order = OrderSnapshot {
        store_id: "unheard-of".into(),
        ..placed()
    };
    store.hears(&order).await;
    let path = |store_id| format!("/stores/{store_id}/tickets/{}", order.order_id);
    assert_eq!(
        store.call("GET", &path("1"), Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        store.call("GET", &path("unheard-of"), Value::Null).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_cancelled_order_is_not_cooked_whichever_news_comes_first() {
    let store = Store::new().await;
    let (first, second) = (placed(), placed());
    store.hears(&first).await;
    store.hears(&cancelled(&first)).await;
    store.hears(&cancelled(&second)).await;
    store.hears(&second).await;
    for order in [first, second] {
        let path = format!("/stores/1/tickets/{}", order.order_id);
        let (_, body) = store.call("GET", &path, Value::Null).await;
        assert_eq!(body["state"], "Cancelled");
        assert_eq!(body["reason"], "changed my mind");
    }
    assert_eq!(store.published().await, [Received, Cancelled, Cancelled]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn replicas_that_act_by_themselves_take_each_step_once() {
    let store = Store::new().await;
    for _ in 0..100 {
        store.hears(&placed()).await;
    }
    let replicas: Vec<_> = (0..4)
        .map(|_| {
            let tickets = Tickets::new(store.pool.clone());
            tokio::spawn(async move { while tickets.move_on(Duration::ZERO).await.unwrap() > 0 {} })
        })
        .collect();
    for replica in replicas {
        replica.await.unwrap();
    }
    // A replica ends when the others hold what is left: the last word is had alone.
    let tickets = Tickets::new(store.pool.clone());
    while tickets.move_on(Duration::ZERO).await.unwrap() > 0 {}
    let published = store.published().await;
    assert_eq!(published.len(), 400);
    let cooked = published.iter().filter(|state| **state == CookingFinished);
    assert_eq!(cooked.count(), 100);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_ticket_that_has_just_changed_is_left_alone() {
    let store = Store::new().await;
    store.hears(&placed()).await;
    let moved = Tickets::new(store.pool.clone())
        .move_on(Duration::from_hours(1))
        .await;
    assert_eq!(moved.unwrap(), 0);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn stores_are_registered_and_renamed() {
    let store = Store::new().await;
    let (status, _) = store
        .call("POST", "/stores", json!({"storeId": 2, "name": "분식집"}))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, _) = store
        .call("POST", "/stores", json!({"storeId": "2", "name": "새 분식집"}))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (_, stores) = store.call("GET", "/stores", Value::Null).await;
    assert_eq!(stores.as_array().unwrap().len(), 2);
    assert_eq!(stores[1], json!({"storeId": "2", "name": "새 분식집"}));
}
