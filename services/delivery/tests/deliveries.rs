//! Deliveries through events and HTTP, in a real database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

use axum::body::Body;
use chrono::{TimeDelta, Utc};
use delivery::app::{Board, Deliveries};
use delivery::consumer::OrderAndTicketEvents;
use delivery::{DeliveryTable, MIGRATIONS, http as api};
use fdp_contracts::DeliveryState::{Cancelled, Delivered, Departing, Ready, Requested, Started};
use fdp_contracts::{
    CloudEvent, DeliveryState, Event, OrderId, OrderSnapshot, OrderState, TicketSnapshot, TicketState, topic,
};
use fdp_kit::caller::{CALLER, Person, Role};
use fdp_kit::inbox::{Effects, PgInbox, Reacting};
use fdp_kit::ledger::PgLedger;
use fdp_kit::{Caller, Incoming, Outbox, SystemClock};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

#[derive(Clone)]
struct Service {
    pool: PgPool,
    effects: Arc<PgInbox<Reacting<DeliveryTable, OrderAndTicketEvents>>>,
    deliveries: Deliveries,
    board: Board,
}

impl Service {
    async fn new() -> Self {
        let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
        let outbox = Outbox::new("delivery", topic::DELIVERY);
        let ledger = PgLedger::<DeliveryTable>::new(pool.clone(), outbox.clone());
        let clock = Arc::new(SystemClock);
        Self {
            effects: Arc::new(PgInbox::new(
                pool.clone(),
                outbox,
                Reacting::new(OrderAndTicketEvents),
            )),
            deliveries: Deliveries::new(Arc::new(ledger.clone()), clock.clone()),
            board: Board::new(ledger, clock),
            pool,
        }
    }

    /// Hears of `events` in one batch.
    async fn hears(&self, events: &[Event]) {
        let open =
            |event: &Event| Incoming::open(event.clone().into_cloud_event("test", None).unwrap()).unwrap();
        let events: Vec<_> = events.iter().map(open).collect();
        self.effects.bring_about(&events).await.unwrap();
    }

    async fn state(&self, order_id: OrderId) -> DeliveryState {
        self.deliveries.delivery(order_id).await.unwrap().state
    }

    /// Posts a command as `caller`.
    async fn post_as(
        &self,
        caller: &Caller,
        order_id: OrderId,
        command: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        self.call(caller, "POST", &format!("/deliveries/{order_id}/{command}"), body)
            .await
    }

    async fn post(&self, order_id: OrderId, command: &str, body: Value) -> (StatusCode, Value) {
        self.post_as(&Caller::System, order_id, command, body).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(&Caller::System, "GET", path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn call(&self, caller: &Caller, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        if let Some(header) = caller.header() {
            request = request.header(CALLER, header);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let routes = api::routes(self.deliveries.clone(), self.board.clone());
        let answer = routes.oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn published(&self) -> Vec<DeliveryState> {
        let payloads: Vec<sqlx::types::Json<CloudEvent>> =
            sqlx::query_scalar("SELECT payload FROM outbox ORDER BY seq")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let state = |payload: &sqlx::types::Json<CloudEvent>| match payload.event().unwrap() {
            Event::Delivery(delivery) => delivery.state,
            other => panic!("not a delivery: {other:?}"),
        };
        payloads.iter().map(state).collect()
    }
}

fn order(order_id: OrderId, state: OrderState) -> Event {
    Event::Order(OrderSnapshot {
        order_id,
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![],
        amount: 10_000,
        state,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    })
}

fn cooked(order_id: OrderId) -> Event {
    Event::Ticket(TicketSnapshot {
        order_id,
        store_id: "1".into(),
        customer_id: "100".into(),
        state: TicketState::CookingFinished,
        reason: None,
        changed_at: Utc::now(),
    })
}

fn rider(subject: &str) -> Caller {
    Caller::Person(Person {
        subject: subject.to_owned(),
        roles: [Role::Rider].into(),
        stores: vec![],
    })
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_is_requested_made_ready_departs_starts_and_is_delivered() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.hears(&[order(order_id, OrderState::Placed)]).await;
    let (status, problem) = service.post(order_id, "start", Value::Null).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    service.hears(&[cooked(order_id)]).await;
    let (_, body) = service.post(order_id, "start", Value::Null).await;
    assert_eq!(body["state"], "Departing");
    let (status, problem) = service.post(order_id, "deliver", Value::Null).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], "urn:fooddelivery:problem:delivery-state");
    assert!(
        problem["detail"].as_str().unwrap().contains("the order's word"),
        "{problem}"
    );
    service.hears(&[order(order_id, OrderState::OnTheWay)]).await;
    let (_, body) = service.post(order_id, "deliver", Value::Null).await;
    assert_eq!(body["state"], "Delivered");
    assert_eq!(service.get(&format!("/deliveries/{order_id}")).await, body);
    let told = [Requested, Ready, Departing, Started, Delivered];
    assert_eq!(service.published().await, told);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_command_that_is_repeated_changes_nothing_and_shows_the_delivery() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.hears(&[cooked(order_id)]).await;
    for command in ["start", "start"] {
        let (status, body) = service.post(order_id, command, Value::Null).await;
        assert_eq!((status, &body["state"]), (StatusCode::OK, &json!("Departing")));
    }
    service.hears(&[order(order_id, OrderState::OnTheWay)]).await;
    for (command, state) in [
        ("start", "Started"),
        ("deliver", "Delivered"),
        ("deliver", "Delivered"),
        ("start", "Delivered"),
    ] {
        let (status, body) = service.post(order_id, command, Value::Null).await;
        assert_eq!(
            (status, &body["state"]),
            (StatusCode::OK, &json!(state)),
            "{command}"
        );
    }
    let told = [Ready, Departing, Departing, Started, Delivered];
    assert_eq!(
        service.published().await,
        told,
        "who waits for the order's word asks for it again"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn of_two_riders_who_take_a_delivery_on_at_once_exactly_one_has_it() {
    let service = Service::new().await;
    let (kim, lee) = (rider("kim"), rider("lee"));
    for command in ["assign", "start"] {
        for _ in 0..20 {
            let order_id = OrderId::new();
            service.hears(&[cooked(order_id)]).await;
            let (first, second) = tokio::join!(
                service.post_as(&kim, order_id, command, json!({})),
                service.post_as(&lee, order_id, command, json!({})),
            );
            let mut statuses = [first.0, second.0];
            statuses.sort();
            assert_eq!(statuses, [StatusCode::OK, StatusCode::FORBIDDEN], "{command}");
            let winner = if first.0 == StatusCode::OK { "kim" } else { "lee" };
            let delivery = service.get(&format!("/deliveries/{order_id}")).await;
            assert_eq!(delivery["riderId"], winner, "{command}");
        }
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_is_for_the_eyes_of_riders_and_of_who_ordered() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.hears(&[cooked(order_id)]).await;
    let person = |subject: &str, role| {
        Caller::Person(Person {
            subject: subject.to_owned(),
            roles: [role].into(),
            stores: vec![],
        })
    };
    let (one, all) = (format!("/deliveries/{order_id}"), "/deliveries".to_owned());
    let (ok, forbidden) = (StatusCode::OK, StatusCode::FORBIDDEN);
    for (caller, path, expected) in [
        (person("100", Role::Customer), &one, ok),
        (person("200", Role::Customer), &one, forbidden),
        (person("kim", Role::Rider), &one, ok),
        (person("root", Role::Admin), &one, ok),
        (person("100", Role::Customer), &all, forbidden),
        (person("kim", Role::Rider), &all, ok),
    ] {
        let (status, body) = service.call(&caller, "GET", path, Value::Null).await;
        assert_eq!(status, expected, "{caller:?} {path} {body}");
    }
    let customer = person("100", Role::Customer);
    let (status, problem) = service.post_as(&customer, order_id, "start", Value::Null).await;
    assert_eq!(status, forbidden, "{problem}");
    assert_eq!(service.state(order_id).await, Ready);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_riders_id_has_at_most_200_characters() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.hears(&[cooked(order_id)]).await;
    let long = "x".repeat(201);
    let (status, problem) = service.post(order_id, "assign", json!({"riderId": long})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    for command in ["assign", "start"] {
        let (status, problem) = service.post_as(&rider(&long), order_id, command, json!({})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    }
    let fits = "통".repeat(200);
    let (status, _) = service.post(order_id, "assign", json!({"riderId": fits})).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_replica_reads_on_after_a_later_version_added_a_column() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.hears(&[cooked(order_id)]).await;
    let reads = || async {
        service.get("/deliveries").await;
        service.get(&format!("/deliveries/{order_id}")).await;
        service.board.move_on(Duration::from_hours(1)).await.unwrap();
        let (status, problem) = service.post(order_id, "assign", json!({"riderId": "kim"})).await;
        assert_eq!(status, StatusCode::OK, "{problem}");
    };
    reads().await;
    sqlx::query("ALTER TABLE deliveries ADD COLUMN later TEXT")
        .execute(&service.pool)
        .await
        .unwrap();
    reads().await;
}

#[test]
fn no_migration_keeps_readers_out_while_it_builds_an_index() {
    for migration in MIGRATIONS.iter() {
        let sql = migration.sql.as_str();
        assert!(
            !(sql.contains("ALTER TABLE") && sql.contains("CREATE INDEX")),
            "{} locks a table and then builds an index in the same transaction",
            migration.description
        );
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn cancelling_the_order_cancels_its_delivery_until_the_order_is_on_its_way() {
    let service = Service::new().await;
    let [requested, unheard, departing, started] = [(); 4].map(|()| OrderId::new());
    service
        .hears(&[
            order(requested, OrderState::Placed),
            cooked(departing),
            cooked(started),
        ])
        .await;
    service.post(departing, "start", Value::Null).await;
    service.post(started, "start", Value::Null).await;
    service.hears(&[order(started, OrderState::OnTheWay)]).await;
    let orders = [requested, unheard, departing, started];
    service
        .hears(&orders.map(|order_id| order(order_id, OrderState::Cancelled)))
        .await;
    // What comes late starts nothing.
    service
        .hears(&[order(unheard, OrderState::Placed), cooked(unheard)])
        .await;
    for order_id in [requested, unheard, departing] {
        assert_eq!(service.state(order_id).await, Cancelled);
        let (status, _) = service.post(order_id, "deliver", Value::Null).await;
        assert_eq!(status, StatusCode::CONFLICT);
    }
    assert_eq!(service.state(started).await, Started);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn all_that_happens_to_many_orders_in_one_batch_is_told_in_its_order() {
    let service = Service::new().await;
    let orders: Vec<_> = (0..50).map(|_| OrderId::new()).collect();
    let mut events = Vec::new();
    for order_id in &orders {
        events.extend([order(*order_id, OrderState::Placed), cooked(*order_id)]);
    }
    service.hears(&events).await;
    assert_eq!(service.published().await, [Requested, Ready].repeat(50));
    for order_id in orders {
        assert_eq!(service.state(order_id).await, Ready);
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn order_and_food_heard_of_in_the_same_moment_make_one_delivery() {
    let service = Service::new().await;
    for _ in 0..20 {
        let order_id = OrderId::new();
        let (placed, ready) = ([order(order_id, OrderState::Placed)], [cooked(order_id)]);
        tokio::join!(service.hears(&placed), service.hears(&ready));
        assert_eq!(service.state(order_id).await, Ready);
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_rider_takes_a_delivery_on_and_others_keep_their_hands_off_it() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.hears(&[cooked(order_id)]).await;
    let (kim, lee) = (rider("kim"), rider("lee"));
    let (status, body) = service.post_as(&kim, order_id, "assign", json!({})).await;
    assert_eq!(
        (status, &body["riderId"]),
        (StatusCode::OK, &json!("kim")),
        "{body}"
    );
    for (command, body) in [
        ("start", Value::Null),
        ("assign", json!({})),
        ("assign", json!({"riderId": "kim"})),
    ] {
        let (status, problem) = service.post_as(&lee, order_id, command, body).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    }
    assert_eq!(
        service.post_as(&kim, order_id, "start", Value::Null).await.0,
        StatusCode::OK
    );
    let (status, problem) = service.post(order_id, "assign", json!({"riderId": "lee"})).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    let mine = service.get("/deliveries?riderId=kim").await;
    assert_eq!(mine[0]["orderId"], order_id.to_string());
    assert_eq!(
        service.published().await,
        [Ready, Departing],
        "who delivers is no news"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_delivery_shows_where_its_rider_was_last() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.hears(&[cooked(order_id)]).await;
    let changed_at = service.get(&format!("/deliveries/{order_id}")).await["changedAt"].clone();
    let earlier = Utc::now() - TimeDelta::minutes(1);
    for body in [
        json!({"lat": 37.5665, "lng": 126.978}),
        json!({"lat": 0, "lng": 0, "at": earlier}),
    ] {
        let (status, answer) = service.post(order_id, "position", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    let delivery = service.get(&format!("/deliveries/{order_id}")).await;
    assert_eq!(delivery["position"]["lat"], 37.5665);
    assert_eq!(delivery["position"]["lng"], 126.978);
    assert_eq!(delivery["changedAt"], changed_at, "its state has not changed");
    let (status, problem) = service
        .post(order_id, "position", json!({"lat": 91, "lng": 0}))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    assert_eq!(service.published().await, [Ready]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn deliveries_are_listed_newest_first_and_page_by_page() {
    let service = Service::new().await;
    let orders: Vec<_> = (0..5).map(|_| OrderId::new()).collect();
    for order_id in &orders {
        service.hears(&[cooked(*order_id)]).await;
    }
    let (mut seen, mut path) = (Vec::new(), String::from("/deliveries?state=Ready&limit=2"));
    loop {
        let page = service.get(&path).await;
        let ids = page
            .as_array()
            .unwrap()
            .iter()
            .map(|delivery| delivery["orderId"].as_str().unwrap());
        let Some(last) = ids.clone().next_back() else {
            break;
        };
        path = format!("/deliveries?state=Ready&limit=2&before={last}");
        seen.extend(ids.map(str::to_owned));
    }
    let newest_first: Vec<_> = orders.iter().rev().map(OrderId::to_string).collect();
    assert_eq!(seen, newest_first);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn riders_that_act_by_themselves_take_each_step_once_and_wait_for_the_order() {
    let service = Service::new().await;
    let orders: Vec<_> = (0..100).map(|_| OrderId::new()).collect();
    let ready: Vec<_> = orders.iter().map(|order_id| cooked(*order_id)).collect();
    let waiting = OrderId::new();
    service.hears(&ready).await;
    service.hears(&[order(waiting, OrderState::Placed)]).await;
    let move_on = || async {
        let replicas = (0..4).map(|_| {
            let board = service.board.clone();
            tokio::spawn(async move { while board.move_on(Duration::ZERO).await.unwrap() > 0 {} })
        });
        for replica in replicas.collect::<Vec<_>>() {
            replica.await.unwrap();
        }
        // A replica ends when the others hold what is left: the last word is had alone.
        while service.board.move_on(Duration::ZERO).await.unwrap() > 0 {}
    };
    move_on().await;
    let count =
        |published: &[DeliveryState], state| published.iter().filter(|other| **other == state).count();
    let published = service.published().await;
    assert_eq!(
        (count(&published, Departing), count(&published, Delivered)),
        (100, 0)
    );
    let on_the_way: Vec<_> = orders
        .iter()
        .map(|order_id| order(*order_id, OrderState::OnTheWay))
        .collect();
    service.hears(&on_the_way).await;
    move_on().await;
    let published = service.published().await;
    assert_eq!(
        (count(&published, Started), count(&published, Delivered)),
        (100, 100)
    );
    assert_eq!(service.state(waiting).await, Requested);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_that_has_just_changed_is_left_alone() {
    let service = Service::new().await;
    service.hears(&[cooked(OrderId::new())]).await;
    assert_eq!(service.board.move_on(Duration::from_hours(1)).await.unwrap(), 0);
}
