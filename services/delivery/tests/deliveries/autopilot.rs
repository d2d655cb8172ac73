//! Tests that the riders' autopilot advances deliveries.

use crate::service::{Service, cooked, order};
use fdp_contracts::DeliveryState::{Delivered, Departing, Requested, Started};
use fdp_contracts::{DeliveryState, OrderId, OrderState};
use std::time::Duration;

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn automatic_riders_take_each_step_once_and_wait_for_the_order() {
    let service = Service::new().await;
    let orders: Vec<_> = (0..100).map(|_| OrderId::new()).collect();
    let ready: Vec<_> = orders.iter().map(|order_id| cooked(*order_id)).collect();
    let waiting = OrderId::new();
    service.receive(&ready).await;
    service.receive(&[order(waiting, OrderState::Placed)]).await;
    let advance = || async {
        let replicas = (0..4).map(|_| {
            let autopilot = service.autopilot.clone();
            tokio::spawn(async move { while autopilot.advance(Duration::ZERO).await.unwrap() > 0 {} })
        });
        for replica in replicas.collect::<Vec<_>>() {
            replica.await.unwrap();
        }
        // A replica stops when the others have locked the rest, so one more runs alone.
        while service.autopilot.advance(Duration::ZERO).await.unwrap() > 0 {}
    };
    advance().await;
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
    service.receive(&on_the_way).await;
    advance().await;
    let published = service.published().await;
    assert_eq!(
        (count(&published, Started), count(&published, Delivered)),
        (100, 100)
    );
    assert_eq!(service.state(waiting).await, Requested);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_automatic_rider_waits_before_each_step() {
    let service = Service::new().await;
    service.receive(&[cooked(OrderId::new())]).await;
    assert_eq!(
        service.autopilot.advance(Duration::from_hours(1)).await.unwrap(),
        0
    );
}
