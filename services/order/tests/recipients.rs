//! Tests over HTTP who sees where an order goes, and when.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use chrono::Utc;
use fdp_contracts::{
    DeliveryId, DeliverySnapshot, DeliveryState, Event, OrderId, TicketSnapshot, TicketState, topic,
};
use fdp_http::Caller;
use fdp_http::caller::{CALLER, Person, Role};
use fdp_messaging::{Effects as _, Incoming};
use fdp_runtime::SystemClock;
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use http::{Request, StatusCode};
use include_dir::include_dir;
use order::adapters::events::{PaymentNews, PgOrderEvents};
use order::adapters::http::{AppState, routes};
use order::adapters::storage::postgres::PgOrders;
use order::application::ports::{PaymentAttempt, PaymentIntent, PaymentResult, PaymentService, VoidError};
use order::application::{Orders, Recipients};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use tower::ServiceExt as _;

/// Approves every payment, or refuses each.
struct StubPay {
    approves: bool,
}

#[async_trait]
impl PaymentService for StubPay {
    async fn pay(&self, _: &PaymentIntent) -> PaymentAttempt {
        if self.approves {
            PaymentResult::Paid.into()
        } else {
            PaymentResult::Refused("no money".to_owned()).into()
        }
    }

    async fn void(&self, _: OrderId) -> Result<(), VoidError> {
        Ok(())
    }
}

struct Service {
    pool: PgPool,
    routes: Router,
}

impl Service {
    async fn new(approves: bool) -> Self {
        let migrations = fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations"));
        let pool = fdp_test_database::migrated(&migrations).await.unwrap();
        sqlx::query("INSERT INTO stores (store_id, version, snapshot) VALUES ('1', 1, $1)")
            .bind(
                json!({"storeId": "1", "name": "우리동네 통닭", "version": 1, "open": true,
                "menu": [{"itemId": "chicken", "name": "통닭", "price": 10_000, "available": true}],
                "changedAt": "2026-05-05T09:00:00Z"}),
            )
            .execute(&pool)
            .await
            .unwrap();
        let store = Arc::new(PgOrders::new(pool.clone(), Outbox::new("order", topic::ORDER)));
        let pay = Arc::new(StubPay { approves });
        let orders = Orders::new(store.clone(), pay, Arc::new(SystemClock), 10_000);
        let recipients = Recipients::new(orders.clone(), store);
        Self {
            pool,
            routes: routes(AppState { orders, recipients }),
        }
    }

    async fn call(&self, caller: &Caller, request: Request<Body>) -> (StatusCode, Value) {
        let (mut parts, body) = request.into_parts();
        parts
            .headers
            .extend(caller.header().map(|header| (CALLER, header)));
        let request = Request::from_parts(parts, body);
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn place(&self, body: &Value) -> (StatusCode, Value) {
        let request = Request::post("/orders")
            .header("content-type", "application/json")
            .header("idempotency-key", "k")
            .body(Body::from(body.to_string()));
        self.call(&person("100", Role::Customer, &[]), request.unwrap())
            .await
    }

    async fn recipient(&self, caller: &Caller, order_id: OrderId) -> (StatusCode, Value) {
        let request = Request::get(format!("/orders/{order_id}/recipient")).body(Body::empty());
        self.call(caller, request.unwrap()).await
    }

    async fn hear(&self, event: Event) {
        let incoming = Incoming::open(event.into_cloud_event("test", None).unwrap()).unwrap();
        let outbox = Outbox::new("order", topic::ORDER);
        let inbox = PgInbox::new(
            self.pool.clone(),
            outbox,
            PgOrderEvents::new(PaymentNews::Ignored),
        );
        inbox.apply(&[incoming]).await.unwrap();
    }
}

fn person(subject: &str, role: Role, stores: &[&str]) -> Caller {
    Caller::Person(Person {
        subject: subject.to_owned(),
        roles: [role].into(),
        stores: stores.iter().map(|store| (*store).to_owned()).collect(),
    })
}

fn to_kim() -> Value {
    json!({"name": "김철수", "address": "서울시 중구 세종대로 110, 301호", "phone": "010-1234-5678",
        "note": "문 앞에 놓아 주세요"})
}

fn ticket(order_id: OrderId, state: TicketState) -> Event {
    Event::Ticket(TicketSnapshot {
        order_id,
        store_id: "1".into(),
        customer_id: "100".into(),
        state,
        reason: None,
        pick_up_within_minutes: None,
        changed_at: Utc::now(),
    })
}

fn delivery(order_id: OrderId, rider_id: Option<&str>, state: DeliveryState) -> DeliverySnapshot {
    DeliverySnapshot {
        delivery_id: DeliveryId::new(),
        order_id,
        customer_id: "100".into(),
        store_id: "1".into(),
        state,
        rider_id: rider_id.map(str::to_owned),
        changed_at: Utc::now(),
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn where_an_order_goes_is_seen_by_its_customer_its_store_and_its_rider_in_their_time() {
    let service = Service::new(true).await;
    let (status, order) = service
        .place(&json!({"item": "통닭", "deliverTo": to_kim()}))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{order}");
    assert!(!order.to_string().contains("세종대로"), "{order}");
    let order_id: OrderId = order["orderId"].as_str().unwrap().parse().unwrap();
    let customer = person("100", Role::Customer, &[]);
    let owner = person("owner", Role::Owner, &["1"]);
    let (kim, lee) = (person("kim", Role::Rider, &[]), person("lee", Role::Rider, &[]));
    let seen = async |caller: &Caller| service.recipient(caller, order_id).await.0.as_u16();

    assert_eq!(
        service.recipient(&customer, order_id).await,
        (StatusCode::OK, to_kim())
    );
    assert_eq!(seen(&Caller::System).await, 200);
    assert_eq!(seen(&person("root", Role::Admin, &[])).await, 200);
    assert_eq!(seen(&person("101", Role::Customer, &[])).await, 404);
    assert_eq!(seen(&person("other", Role::Owner, &["2"])).await, 404);
    assert_eq!((seen(&owner).await, seen(&kim).await), (200, 403));

    service.hear(ticket(order_id, TicketState::CookingStarted)).await;
    let taken_on = delivery(order_id, Some("kim"), DeliveryState::Requested);
    service.hear(Event::RiderChanged(taken_on)).await;
    assert_eq!(
        (seen(&owner).await, seen(&kim).await, seen(&lee).await),
        (200, 200, 403)
    );

    let left = delivery(order_id, Some("kim"), DeliveryState::Departing);
    service.hear(Event::Delivery(left)).await;
    assert_eq!((seen(&owner).await, seen(&kim).await), (403, 200));
    let (_, problem) = service.recipient(&owner, order_id).await;
    assert_eq!(problem["type"], "urn:fooddelivery:problem:recipient-withheld");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("until the food has left"),
        "{problem}"
    );

    let at_the_door = delivery(order_id, Some("kim"), DeliveryState::Delivered);
    service.hear(Event::Delivery(at_the_door)).await;
    assert_eq!(
        (seen(&owner).await, seen(&kim).await, seen(&customer).await),
        (403, 403, 200)
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_without_a_recipient_goes_on_as_before() {
    let service = Service::new(true).await;
    let (status, order) = service.place(&json!({"item": "통닭"})).await;
    assert_eq!(status, StatusCode::CREATED, "{order}");
    let order_id: OrderId = order["orderId"].as_str().unwrap().parse().unwrap();
    let (status, problem) = service.recipient(&Caller::System, order_id).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(problem["type"], "urn:fooddelivery:problem:no-recipient");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_recipient_that_nothing_can_be_delivered_to_is_refused_before_anything_is_paid() {
    let service = Service::new(true).await;
    for (field, value, words) in [
        ("phone", "call me", "deliverTo.phone has to be 7 to 15 digits"),
        ("address", " ", "deliverTo.address is empty"),
        (
            "name",
            "김\u{200b}철수",
            "deliverTo.name holds an invisible character",
        ),
    ] {
        let mut to = to_kim();
        to[field] = value.into();
        let (status, problem) = service.place(&json!({"item": "통닭", "deliverTo": to})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["type"], "urn:fooddelivery:problem:invalid-recipient");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_same_key_with_another_recipient_is_another_order() {
    let service = Service::new(true).await;
    let mut body = json!({"item": "통닭", "deliverTo": to_kim()});
    let (first, order) = service.place(&body).await;
    let (again, same) = service.place(&body).await;
    assert_eq!((first, again), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(order["orderId"], same["orderId"]);
    body["deliverTo"]["address"] = "부산시".into();
    let (status, problem) = service.place(&body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["type"], "urn:fooddelivery:problem:idempotency-key-reused");
    let recipients: i64 = sqlx::query_scalar("SELECT count(*) FROM recipients")
        .fetch_one(&service.pool)
        .await
        .unwrap();
    assert_eq!(recipients, 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_that_is_not_placed_leaves_no_word_of_where_it_was_to_go() {
    let service = Service::new(false).await;
    let (status, _) = service
        .place(&json!({"item": "통닭", "deliverTo": to_kim()}))
        .await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    let words: Vec<String> = sqlx::query_scalar(
        "SELECT recipients::text FROM recipients UNION ALL SELECT payment_intents::text FROM payment_intents \
         UNION ALL SELECT wish::text FROM idempotency_keys",
    )
    .fetch_all(&service.pool)
    .await
    .unwrap();
    assert!(
        !words.concat().contains("세종대로") && words.len() == 1,
        "{words:?}"
    );
}
