//! Tests that deliveries are taken from riders who keep them waiting.

use crate::service::{SILENT, Service, cooked, cooking, order, rider};
use fdp_contracts::{OrderId, OrderState};
use fdp_runtime::Health;
use fdp_storage::uptime;
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the food of these tests waits for its rider.
const PICK_UP: Duration = Duration::from_mins(5);
const MOMENT: Duration = Duration::from_millis(1);

async fn rider_of(service: &Service, order_id: OrderId) -> Value {
    service.get(&format!("/deliveries/{order_id}")).await["riderId"].clone()
}

/// Releases what is overdue, and returns how many that were.
async fn released(service: &Service) -> usize {
    service.deadlines.release_overdue().await.unwrap()
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn food_that_its_rider_does_not_pick_up_in_time_is_offered_again() {
    let service = Service::new().await;
    let (kim, lee) = (rider("kim"), rider("lee"));
    let [early, late, left] = [(); 3].map(|()| OrderId::new());
    service
        .receive(&[cooking(early), cooked(late), cooked(left)])
        .await;
    service.post_as(&kim, early, "assign", json!({})).await;
    service.post_as(&kim, left, "start", Value::Null).await;
    service.pass(Duration::from_mins(4)).await;
    // The time to leave begins when the food is ready and somebody has it.
    service.receive(&[cooked(early)]).await;
    service.post_as(&kim, late, "assign", json!({})).await;
    service.pass(PICK_UP.checked_sub(MOMENT).unwrap()).await;
    assert_eq!(released(&service).await, 0);
    service.pass(MOMENT).await;
    assert_eq!(released(&service).await, 2);
    assert_eq!(released(&service).await, 0);
    for order_id in [early, late] {
        assert_eq!(rider_of(&service, order_id).await, Value::Null);
    }
    assert_eq!(rider_of(&service, left).await, "kim");
    let (status, body) = service.post_as(&lee, early, "start", Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_rider_who_is_silent_loses_what_has_not_left_yet() {
    let service = Service::new().await;
    let kim = rider("kim");
    let [first, second, on_the_way] = [(); 3].map(|()| OrderId::new());
    service
        .receive(&[cooking(first), cooking(second), cooked(on_the_way)])
        .await;
    for order_id in [first, second] {
        service.post_as(&kim, order_id, "assign", json!({})).await;
    }
    service.post_as(&kim, on_the_way, "start", Value::Null).await;
    service.receive(&[order(on_the_way, OrderState::OnTheWay)]).await;
    let almost = SILENT.checked_sub(MOMENT).unwrap();
    for (command, order_id, body) in [
        ("position", on_the_way, json!({"lat": 37.5, "lng": 127.0})),
        ("assign", first, json!({})),
        // Refused, and yet a sign of life.
        ("deliver", second, Value::Null),
    ] {
        service.pass(almost).await;
        service.post_as(&kim, order_id, command, body).await;
        assert_eq!(released(&service).await, 0, "{command}");
    }
    service.pass(almost).await;
    assert_eq!(released(&service).await, 0);
    service.pass(MOMENT).await;
    assert_eq!(released(&service).await, 2);
    assert_eq!(rider_of(&service, on_the_way).await, "kim");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_rider_who_was_last_heard_of_long_ago_has_time_for_what_an_administrator_gives_them() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooking(order_id)]).await;
    service
        .post_as(&rider("kim"), order_id, "give-back", json!({"reason": "no time"}))
        .await;
    service.pass(Duration::from_hours(5)).await;
    service.post(order_id, "assign", json!({"riderId": "kim"})).await;
    assert_eq!(released(&service).await, 0);
    service.pass(SILENT).await;
    assert_eq!(released(&service).await, 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn time_in_which_the_service_was_down_does_not_count() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooked(order_id)]).await;
    service
        .post_as(&rider("kim"), order_id, "assign", json!({}))
        .await;
    service.come_back_after(Duration::from_hours(10)).await;
    assert_eq!(released(&service).await, 0);
    service.pass(PICK_UP).await;
    assert_eq!(released(&service.replica()).await, 1, "a restart forgets nothing");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_task_beside_the_server_lets_the_clock_go_on_and_releases_what_is_overdue() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooked(order_id)]).await;
    service
        .post_as(&rider("kim"), order_id, "assign", json!({}))
        .await;
    service.pass(PICK_UP.checked_sub(MOMENT).unwrap()).await;
    let before = uptime::now(&service.pool).await.unwrap();
    let (health, stop) = (Health::default(), CancellationToken::new());
    health.required("database").ready();
    let task = tokio::spawn(service.deadlines.clone().run(health, stop.clone()));
    let released = async {
        while rider_of(&service, order_id).await != Value::Null {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), released)
        .await
        .unwrap();
    assert!(uptime::now(&service.pool).await.unwrap() > before);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn many_replicas_release_each_delivery_exactly_once() {
    let service = Service::new().await;
    let orders: Vec<_> = (0..100).map(|_| OrderId::new()).collect();
    let ready: Vec<_> = orders.iter().map(|order_id| cooked(*order_id)).collect();
    service.receive(&ready).await;
    for (number, order_id) in orders.iter().enumerate() {
        let body = json!({"riderId": format!("rider {number}")});
        assert_eq!(service.post(*order_id, "assign", body).await.0, StatusCode::OK);
    }
    service.pass(PICK_UP).await;
    let replicas: Vec<_> = (0..4)
        .map(|_| {
            let replica = service.replica();
            tokio::spawn(async move { released(&replica).await })
        })
        .collect();
    let mut all = 0;
    for replica in replicas {
        all += replica.await.unwrap();
    }
    all += released(&service).await;
    assert_eq!(all, 100);
    let entries: i64 = sqlx::query_scalar("SELECT count(*) FROM delivery_history WHERE what = 'Released'")
        .fetch_one(&service.pool)
        .await
        .unwrap();
    assert_eq!(entries, 100);
}
