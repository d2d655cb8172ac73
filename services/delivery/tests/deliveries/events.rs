//! Tests that events of orders and tickets change deliveries.

use crate::service::{Service, cooked, order};
use fdp_contracts::DeliveryState::{Cancelled, Delivered, Departing, Ready, Requested, Started};
use fdp_contracts::{OrderId, OrderState};
use http::StatusCode;
use serde_json::Value;

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_is_requested_ready_departing_started_and_delivered() {
    let service = Service::new().await;
    let order_id = OrderId::new();
    service.receive(&[order(order_id, OrderState::Placed)]).await;
    let (status, problem) = service.post(order_id, "start", Value::Null).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    service.receive(&[cooked(order_id)]).await;
    let (_, body) = service.post(order_id, "start", Value::Null).await;
    assert_eq!(body["state"], "Departing");
    let (status, problem) = service.post(order_id, "deliver", Value::Null).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], "urn:fooddelivery:problem:delivery-state");
    assert!(
        problem["detail"].as_str().unwrap().contains("the order's word"),
        "{problem}"
    );
    service.receive(&[order(order_id, OrderState::OnTheWay)]).await;
    let (_, body) = service.post(order_id, "deliver", Value::Null).await;
    assert_eq!(body["state"], "Delivered");
    assert_eq!(service.get(&format!("/deliveries/{order_id}")).await, body);
    let expected = [Requested, Ready, Departing, Started, Delivered];
    assert_eq!(service.published().await, expected);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_cancelled_order_cancels_its_delivery_until_it_is_on_its_way() {
    let service = Service::new().await;
    let [requested, unknown, departing, started] = [(); 4].map(|()| OrderId::new());
    service
        .receive(&[
            order(requested, OrderState::Placed),
            cooked(departing),
            cooked(started),
        ])
        .await;
    service.post(departing, "start", Value::Null).await;
    service.post(started, "start", Value::Null).await;
    service.receive(&[order(started, OrderState::OnTheWay)]).await;
    let orders = [requested, unknown, departing, started];
    service
        .receive(&orders.map(|order_id| order(order_id, OrderState::Cancelled)))
        .await;
    // Late events do not start a cancelled delivery.
    service
        .receive(&[order(unknown, OrderState::Placed), cooked(unknown)])
        .await;
    for order_id in [requested, unknown, departing] {
        assert_eq!(service.state(order_id).await, Cancelled);
        let (status, _) = service.post(order_id, "deliver", Value::Null).await;
        assert_eq!(status, StatusCode::CONFLICT);
    }
    assert_eq!(service.state(started).await, Started);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_batch_of_many_orders_is_published_in_its_order() {
    let service = Service::new().await;
    let orders: Vec<_> = (0..50).map(|_| OrderId::new()).collect();
    let mut events = Vec::new();
    for order_id in &orders {
        events.extend([order(*order_id, OrderState::Placed), cooked(*order_id)]);
    }
    service.receive(&events).await;
    assert_eq!(service.published().await, [Requested, Ready].repeat(50));
    for order_id in orders {
        assert_eq!(service.state(order_id).await, Ready);
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn concurrent_events_of_order_and_food_make_one_delivery() {
    let service = Service::new().await;
    for _ in 0..20 {
        let order_id = OrderId::new();
        let (placed, ready) = ([order(order_id, OrderState::Placed)], [cooked(order_id)]);
        tokio::join!(service.receive(&placed), service.receive(&ready));
        assert_eq!(service.state(order_id).await, Ready);
    }
}
