//! Tests reading and listing deliveries over HTTP.

use crate::service::{Service, cooked};
use chrono::{TimeDelta, Utc};
use fdp_contracts::DeliveryState::Ready;
use fdp_contracts::OrderId;
use fdp_http::Caller;
use fdp_http::caller::{Person, Role};
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn only_riders_and_the_customer_see_a_delivery() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooked(order_id)]).await;
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
async fn a_replica_still_reads_after_a_later_version_added_a_column() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooked(order_id)]).await;
    let reads = || async {
        service.get("/deliveries").await;
        service.get(&format!("/deliveries/{order_id}")).await;
        service.autopilot.advance(Duration::from_hours(1)).await.unwrap();
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

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_shows_the_last_position_of_its_rider() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooked(order_id)]).await;
    let changed_at = service.get(&format!("/deliveries/{order_id}")).await["changedAt"].clone();
    let earlier = Utc::now() - TimeDelta::minutes(1);
    for body in [
        json!({"lat": 37.5665, "lng": 126.978}),
        json!({"lat": 0, "lng": 0, "at": earlier}),
    ] {
        let (status, body) = service.post(order_id, "position", body).await;
        assert_eq!(status, StatusCode::OK, "{body}");
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
        service.receive(&[cooked(*order_id)]).await;
    }
    let (mut listed, mut path) = (Vec::new(), String::from("/deliveries?state=Ready&limit=2"));
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
        listed.extend(ids.map(str::to_owned));
    }
    let newest_first: Vec<_> = orders.iter().rev().map(OrderId::to_string).collect();
    assert_eq!(listed, newest_first);
}
