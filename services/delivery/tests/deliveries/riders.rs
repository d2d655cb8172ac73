//! Tests the commands of riders over HTTP.

use crate::service::{Service, cooked, order, rider};
use fdp_contracts::DeliveryState::{Delivered, Departing, Ready, Started};
use fdp_contracts::{OrderId, OrderState};
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_repeated_command_changes_nothing_and_returns_the_delivery() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooked(order_id)]).await;
    for command in ["start", "start"] {
        let (status, body) = service.post(order_id, command, Value::Null).await;
        assert_eq!((status, &body["state"]), (StatusCode::OK, &json!("Departing")));
    }
    service.receive(&[order(order_id, OrderState::OnTheWay)]).await;
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
    let expected = [Ready, Departing, Departing, Started, Delivered];
    assert_eq!(
        service.published().await,
        expected,
        "a repeated start is published again, in case the order missed it"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn of_two_riders_who_take_a_delivery_on_at_once_exactly_one_gets_it() {
    let service = Service::new().await;
    let (kim, lee) = (rider("kim"), rider("lee"));
    for command in ["assign", "start"] {
        for _ in 0..20 {
            let order_id = OrderId::new();
            service.receive(&[cooked(order_id)]).await;
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
            // So that the limit is never reached.
            service.receive(&[order(order_id, OrderState::Cancelled)]).await;
        }
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_riders_id_has_at_most_200_characters() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooked(order_id)]).await;
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
async fn a_delivery_that_a_rider_took_on_is_closed_to_other_riders() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooked(order_id)]).await;
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
        "an assignment is no other state"
    );
    assert_eq!(service.published_riders().await, [Some("kim".to_owned())]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn others_learn_who_has_a_delivery_and_that_nobody_has_it_any_more() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[cooked(order_id)]).await;
    let kim = rider("kim");
    for (command, body) in [
        ("assign", json!({})),
        ("assign", json!({})),
        ("position", json!({"lat": 37.5, "lng": 127.0})),
        ("give-back", json!({"reason": "a flat tyre"})),
    ] {
        let (status, body) = service.post_as(&kim, order_id, command, body).await;
        assert_eq!(status, StatusCode::OK, "{command}: {body}");
    }
    service
        .post_as(&rider("lee"), order_id, "start", Value::Null)
        .await;
    let riders = [Some("kim".to_owned()), None, Some("lee".to_owned())];
    assert_eq!(service.published_riders().await, riders);
    assert_eq!(service.published().await, [Ready, Departing]);
}
