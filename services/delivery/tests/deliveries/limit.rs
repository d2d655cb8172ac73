//! Tests how many deliveries a rider may have at once.

use crate::service::{AT_ONCE, Service, cooked, order, rider};
use fdp_contracts::{OrderId, OrderState};
use http::StatusCode;
use serde_json::{Value, json};

/// Gives each of the deliveries to kim, half of them in one replica and half in another, all at once; returns how many
/// that were.
async fn taken_at_once(command: &str, by_administrator: bool) -> usize {
    let service = Service::new().await;
    let replicas = [service.clone(), service.replica()];
    let orders: Vec<_> = (0..20).map(|_| OrderId::new()).collect();
    let ready: Vec<_> = orders.iter().map(|order_id| cooked(*order_id)).collect();
    service.receive(&ready).await;
    let requests: Vec<_> = orders
        .iter()
        .zip(replicas.iter().cycle())
        .map(|(order_id, replica)| {
            let (order_id, replica, command) = (*order_id, replica.clone(), command.to_owned());
            tokio::spawn(async move {
                if by_administrator {
                    replica.post(order_id, &command, json!({"riderId": "kim"})).await
                } else {
                    replica
                        .post_as(&rider("kim"), order_id, &command, json!({}))
                        .await
                }
            })
        })
        .collect();
    let mut taken = 0;
    for request in requests {
        let (status, body) = request.await.unwrap();
        if status == StatusCode::OK {
            assert_eq!(body["riderId"], "kim");
            taken += 1;
            continue;
        }
        assert_eq!(status, StatusCode::CONFLICT, "{body}");
        assert_eq!(body["type"], "urn:fooddelivery:problem:too-many-deliveries");
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("has {AT_ONCE} deliveries")), "{detail}");
    }
    let mine = service.get("/deliveries?riderId=kim").await;
    assert_eq!(mine.as_array().unwrap().len(), taken);
    taken
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn of_twenty_that_a_rider_takes_on_at_once_in_two_replicas_exactly_as_many_as_allowed_are_theirs() {
    for (command, by_administrator) in [("assign", false), ("start", false), ("assign", true)] {
        let taken = taken_at_once(command, by_administrator).await;
        assert_eq!(taken, AT_ONCE as usize, "{command}");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_that_ended_or_was_given_back_makes_room_for_another() {
    let service = Service::new().await;
    let kim = rider("kim");
    let orders: Vec<_> = (0..6).map(|_| OrderId::new()).collect();
    let ready: Vec<_> = orders.iter().map(|order_id| cooked(*order_id)).collect();
    service.receive(&ready).await;
    let assign = |order_id: OrderId| service.post_as(&kim, order_id, "assign", json!({}));
    for order_id in &orders[..3] {
        assert_eq!(assign(*order_id).await.0, StatusCode::OK);
    }
    assert_eq!(assign(orders[3]).await.0, StatusCode::CONFLICT);
    assert_eq!(assign(orders[0]).await.0, StatusCode::OK, "it is theirs already");

    let (status, body) = service
        .post_as(&kim, orders[0], "give-back", json!({"reason": "a flat tyre"}))
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(assign(orders[3]).await.0, StatusCode::OK);

    assert_eq!(assign(orders[4]).await.0, StatusCode::CONFLICT);
    service.receive(&[order(orders[1], OrderState::Cancelled)]).await;
    assert_eq!(assign(orders[4]).await.0, StatusCode::OK);

    assert_eq!(assign(orders[5]).await.0, StatusCode::CONFLICT);
    service.post_as(&kim, orders[2], "start", Value::Null).await;
    service.receive(&[order(orders[2], OrderState::OnTheWay)]).await;
    assert_eq!(
        assign(orders[5]).await.0,
        StatusCode::CONFLICT,
        "it is on its way"
    );
    service.post_as(&kim, orders[2], "deliver", Value::Null).await;
    assert_eq!(assign(orders[5]).await.0, StatusCode::OK);
}
