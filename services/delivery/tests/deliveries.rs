//! Deliveries through events and commands, in a real database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

use chrono::Utc;
use delivery::MIGRATIONS;
use delivery::app::{Deliveries, DeliveryError};
use delivery::consumer::OrderAndTicketEvents;
use delivery::domain::Command;
use fdp_contracts::DeliveryState::{Cancelled, Delivered, Ready, Requested, Started};
use fdp_contracts::{
    CloudEvent, DeliveryState, Event, OrderId, OrderSnapshot, OrderState, TicketSnapshot, TicketState,
};
use fdp_kit::EventHandler;
use sqlx::PgPool;
use std::time::Duration;

async fn database() -> PgPool {
    fdp_test_database::migrated(&MIGRATIONS).await.unwrap()
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

async fn hears(pool: &PgPool, event: Event) {
    let envelope = event.clone().into_cloud_event("test", None).unwrap();
    let mut transaction = pool.begin().await.unwrap();
    OrderAndTicketEvents
        .handle(&mut transaction, event, &envelope)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

async fn published(pool: &PgPool) -> Vec<DeliveryState> {
    let payloads: Vec<sqlx::types::Json<CloudEvent>> =
        sqlx::query_scalar("SELECT payload FROM outbox ORDER BY seq")
            .fetch_all(pool)
            .await
            .unwrap();
    let state = |payload: &sqlx::types::Json<CloudEvent>| match payload.event().unwrap() {
        Event::Delivery(delivery) => delivery.state,
        other => panic!("not a delivery: {other:?}"),
    };
    payloads.iter().map(state).collect()
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_is_requested_made_ready_started_and_delivered() {
    let pool = database().await;
    let (deliveries, order_id) = (Deliveries::new(pool.clone()), OrderId::new());
    hears(&pool, order(order_id, OrderState::Placed)).await;
    let early = deliveries.command(order_id, Command::Start).await;
    assert!(matches!(early, Err(DeliveryError::Refused(_))), "{early:?}");
    hears(&pool, cooked(order_id)).await;
    deliveries.command(order_id, Command::Start).await.unwrap();
    let delivered = deliveries.command(order_id, Command::Deliver).await.unwrap();
    assert_eq!(deliveries.delivery(order_id).await.unwrap(), delivered);
    assert_eq!(published(&pool).await, [Requested, Ready, Started, Delivered]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn food_that_is_ready_before_its_order_is_heard_of_waits_for_a_rider() {
    let pool = database().await;
    let order_id = OrderId::new();
    hears(&pool, cooked(order_id)).await;
    hears(&pool, order(order_id, OrderState::Placed)).await;
    assert_eq!(published(&pool).await, [Ready]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn cancelling_the_order_cancels_its_delivery_whichever_news_comes_first() {
    let pool = database().await;
    let (first, second) = (OrderId::new(), OrderId::new());
    hears(&pool, order(first, OrderState::Placed)).await;
    hears(&pool, order(first, OrderState::Cancelled)).await;
    hears(&pool, order(second, OrderState::Rejected)).await;
    hears(&pool, order(second, OrderState::Placed)).await;
    hears(&pool, cooked(second)).await;
    let deliveries = Deliveries::new(pool.clone());
    for order_id in [first, second] {
        let delivery = deliveries.delivery(order_id).await.unwrap();
        assert_eq!(delivery.state, Cancelled);
    }
    assert_eq!(published(&pool).await, [Requested, Cancelled, Cancelled]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn order_and_food_heard_of_in_the_same_moment_make_one_delivery() {
    let pool = database().await;
    for _ in 0..20 {
        let order_id = OrderId::new();
        tokio::join!(
            hears(&pool, order(order_id, OrderState::Placed)),
            hears(&pool, cooked(order_id))
        );
        let delivery = Deliveries::new(pool.clone()).delivery(order_id).await.unwrap();
        assert_eq!(delivery.state, Ready);
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_rider_that_acts_by_itself_delivers_what_is_ready_and_nothing_else() {
    let pool = database().await;
    let (ready, requested) = (OrderId::new(), OrderId::new());
    hears(&pool, cooked(ready)).await;
    hears(&pool, order(requested, OrderState::Placed)).await;
    let deliveries = Deliveries::new(pool.clone());
    while deliveries.move_on(Duration::ZERO).await.unwrap() > 0 {}
    let delivered = deliveries.deliveries(Some(Delivered), 10).await.unwrap();
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].parcel.order_id, ready);
    let waiting = deliveries.delivery(requested).await.unwrap();
    assert_eq!(waiting.state, Requested);
}
