//! Tests which deliveries riders see and may take on, and how they give them back.

use crate::service::{Service, admin, cooked, cooking, order, rider};
use fdp_contracts::DeliveryState::{Ready, Requested};
use fdp_contracts::{OrderId, OrderState};
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_is_offered_once_the_store_begins_to_cook() {
    let service = Service::new().await;
    let kim = rider("kim");
    let order_id = OrderId::new();
    let path = format!("/deliveries/{order_id}");
    service.receive(&[order(order_id, OrderState::Placed)]).await;
    for caller in [&kim, &admin("root")] {
        let (status, problem) = service
            .post_as(caller, order_id, "assign", json!({"riderId": "kim"}))
            .await;
        assert_eq!(status, StatusCode::CONFLICT, "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("waits for the store to begin to cook"),
            "{detail}"
        );
    }
    let (status, problem) = service.call(&kim, "GET", &path, Value::Null).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    assert_eq!(service.get(&path).await["offeredAt"], Value::Null);

    service.receive(&[cooking(order_id)]).await;
    let (status, body) = service.call(&kim, "GET", &path, Value::Null).await;
    assert_eq!((status, &body["state"]), (StatusCode::OK, &json!("Requested")));
    assert!(body["offeredAt"].is_string(), "{body}");
    let (status, body) = service.post_as(&kim, order_id, "assign", json!({})).await;
    assert_eq!((status, &body["riderId"]), (StatusCode::OK, &json!("kim")));
    service.receive(&[cooked(order_id)]).await;
    assert_eq!(
        service.published().await,
        [Requested, Ready],
        "offers publish nothing"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_rider_sees_what_is_theirs_or_free_and_an_administrator_all() {
    let service = Service::new().await;
    let (kim, lee, root) = (rider("kim"), rider("lee"), admin("root"));
    let [waiting, free, kims, lees, kims_delivered, delivered, cancelled] = [(); 7].map(|()| OrderId::new());
    service
        .receive(&[
            order(waiting, OrderState::Placed),
            cooking(free),
            cooked(kims),
            cooked(lees),
            cooked(kims_delivered),
            cooked(delivered),
            cooked(cancelled),
        ])
        .await;
    service.post_as(&kim, kims, "assign", json!({})).await;
    service.post_as(&lee, lees, "assign", json!({})).await;
    service.post_as(&kim, kims_delivered, "start", Value::Null).await;
    service.post(delivered, "start", Value::Null).await;
    service
        .receive(&[
            order(kims_delivered, OrderState::OnTheWay),
            order(delivered, OrderState::OnTheWay),
            order(cancelled, OrderState::Cancelled),
        ])
        .await;
    service
        .post_as(&kim, kims_delivered, "deliver", Value::Null)
        .await;
    service.post(delivered, "deliver", Value::Null).await;
    let listed = async |caller, path: &str| {
        let (status, body) = service.call(caller, "GET", path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let mut ids: Vec<_> = body
            .as_array()
            .unwrap()
            .iter()
            .map(|delivery| delivery["orderId"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    let ids = |orders: &[OrderId]| {
        let mut ids: Vec<_> = orders.iter().map(OrderId::to_string).collect();
        ids.sort();
        ids
    };
    assert_eq!(
        listed(&kim, "/deliveries").await,
        ids(&[free, kims, kims_delivered])
    );
    assert_eq!(
        listed(&kim, "/deliveries?riderId=kim").await,
        ids(&[kims, kims_delivered])
    );
    assert_eq!(
        listed(&kim, "/deliveries?state=Ready").await,
        ids(&[kims]),
        "what is free is not cooked yet"
    );
    assert_eq!(listed(&root, "/deliveries").await.len(), 7);
    assert_eq!(listed(&root, "/deliveries?riderId=lee").await, ids(&[lees]));
    let (status, problem) = service
        .call(&kim, "GET", "/deliveries?riderId=lee", Value::Null)
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    let (ok, forbidden) = (StatusCode::OK, StatusCode::FORBIDDEN);
    for (order_id, expected) in [
        (waiting, forbidden),
        (free, ok),
        (kims, ok),
        (lees, forbidden),
        (kims_delivered, ok),
        (delivered, forbidden),
        (cancelled, forbidden),
    ] {
        let path = format!("/deliveries/{order_id}");
        let (status, body) = service.call(&kim, "GET", &path, Value::Null).await;
        assert_eq!(status, expected, "{body}");
        service.get(&path).await;
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_that_is_given_back_before_it_leaves_is_free_again() {
    let service = Service::new().await;
    let (kim, lee) = (rider("kim"), rider("lee"));
    let order_id = OrderId::new();
    let flat = || json!({"reason": "a flat tyre"});
    service.receive(&[cooked(order_id)]).await;
    service.post_as(&kim, order_id, "assign", json!({})).await;
    service
        .post_as(&kim, order_id, "position", json!({"lat": 37.5, "lng": 127.0}))
        .await;
    let (status, problem) = service.post_as(&lee, order_id, "give-back", flat()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    for body in [
        json!({}),
        json!({"reason": " "}),
        json!({"reason": "x".repeat(201)}),
        json!({"reason": "a", "why": "b"}),
    ] {
        let (status, problem) = service.post_as(&kim, order_id, "give-back", body).await;
        assert!(status.is_client_error(), "{problem}");
    }
    for _ in 0..2 {
        let (status, body) = service.post_as(&kim, order_id, "give-back", flat()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(
            (&body["riderId"], &body["position"]),
            (&Value::Null, &Value::Null)
        );
    }
    let (status, body) = service.post_as(&lee, order_id, "start", Value::Null).await;
    assert_eq!((status, &body["riderId"]), (StatusCode::OK, &json!("lee")));
    for caller in [&lee, &admin("root")] {
        let (status, problem) = service.post_as(caller, order_id, "give-back", flat()).await;
        assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    }
}
