//! Tests that it is kept and shown who did what with a delivery.

use crate::service::{Service, admin, cooked, cooking, order, rider};
use fdp_contracts::{OrderId, OrderState};
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// What happened, by whom, and about which rider.
fn told(history: &Value) -> Vec<[String; 3]> {
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or("-").to_owned();
    let entries = history.as_array().unwrap().iter();
    entries
        .map(|entry| ["what", "by", "riderId"].map(|field| text(entry, field)))
        .collect()
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_history_of_a_delivery_says_who_did_what_and_why() {
    let service = Service::new().await;
    let (kim, root) = (rider("kim"), admin("root"));
    let order_id = OrderId::new();
    let path = format!("/deliveries/{order_id}/history");
    service
        .receive(&[order(order_id, OrderState::Placed), cooking(order_id)])
        .await;
    service.post_as(&kim, order_id, "assign", json!({})).await;
    service.post_as(&kim, order_id, "assign", json!({})).await;
    service
        .post_as(&kim, order_id, "give-back", json!({"reason": "a flat tyre"}))
        .await;
    service
        .post_as(&root, order_id, "assign", json!({"riderId": "lee"}))
        .await;
    service.receive(&[cooked(order_id)]).await;
    service.pass(Duration::from_mins(5)).await;
    assert_eq!(service.deadlines.release_overdue().await.unwrap(), 1);
    while service.autopilot.advance(Duration::ZERO).await.unwrap() > 0 {}
    service.receive(&[order(order_id, OrderState::OnTheWay)]).await;
    service.post(order_id, "deliver", Value::Null).await;
    let history = service.get(&path).await;
    assert_eq!(
        told(&history),
        [
            ["Requested", "order", "-"],
            ["Offered", "store", "-"],
            ["Assigned", "rider kim", "kim"],
            ["GivenBack", "rider kim", "kim"],
            ["Assigned", "admin root", "lee"],
            ["Ready", "store", "lee"],
            ["Released", "deadline", "lee"],
            ["Departing", "autopilot", "-"],
            ["Started", "order", "-"],
            ["Delivered", "system", "-"],
        ]
    );
    assert_eq!(history[3]["reason"], "a flat tyre");
    assert!(
        history[6]["reason"].as_str().unwrap().contains("in time"),
        "{history}"
    );
    assert!(history[0]["at"].is_string());
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn only_administrators_and_the_rider_who_has_a_delivery_see_its_history() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    let path = format!("/deliveries/{order_id}/history");
    service.receive(&[cooked(order_id)]).await;
    service
        .post_as(&rider("kim"), order_id, "assign", json!({}))
        .await;
    let (ok, forbidden) = (StatusCode::OK, StatusCode::FORBIDDEN);
    for (caller, expected) in [(rider("kim"), ok), (rider("lee"), forbidden), (admin("root"), ok)] {
        let (status, body) = service.call(&caller, "GET", &path, Value::Null).await;
        assert_eq!(status, expected, "{body}");
    }
    let unknown = format!("/deliveries/{}/history", OrderId::new());
    let (status, _) = service.call(&admin("root"), "GET", &unknown, Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
