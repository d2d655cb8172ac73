//! Notifications kept in a real database.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use chrono::Utc;
use customer::MIGRATIONS;
use customer::app::Notifications;
use customer::consumer::OrderEvents;
use customer::domain::SendState;
use fdp_contracts::{Event, OrderId, OrderSnapshot, OrderState};
use fdp_kit::inbox::{Effects, PgInbox};
use fdp_kit::{Incoming, Outbox};
use sqlx::PgPool;

async fn database() -> PgPool {
    fdp_test_database::migrated(&MIGRATIONS).await.unwrap()
}

fn order(order_id: OrderId, state: OrderState, version: u32) -> OrderSnapshot {
    OrderSnapshot {
        order_id,
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![],
        amount: 10_000,
        state,
        reason: None,
        version,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    }
}

async fn hears(pool: &PgPool, orders: impl IntoIterator<Item = OrderSnapshot>) {
    let events: Vec<Incoming> = orders
        .into_iter()
        .map(|order| {
            let envelope = Event::Order(order).into_cloud_event("order", None).unwrap();
            Incoming::open(envelope).unwrap()
        })
        .collect();
    let inbox = PgInbox::new(pool.clone(), Outbox::silent("customer"), OrderEvents::default());
    inbox.bring_about(&events).await.unwrap();
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn each_change_of_an_order_is_told_once_even_if_its_news_comes_twice_or_late() {
    let pool = database().await;
    let order_id = OrderId::new();
    let change = |state, version| order(order_id, state, version);
    // Two of the same in one batch, and one that comes again after it.
    let cooking = change(OrderState::Cooking, 3);
    hears(
        &pool,
        [change(OrderState::Placed, 1), cooking.clone(), cooking.clone()],
    )
    .await;
    hears(&pool, [change(OrderState::Accepted, 2), cooking]).await;
    let told = Notifications::new(pool).of_order(order_id).await.unwrap();
    let states: Vec<_> = told.iter().map(|one| (one.version, one.state)).collect();
    assert_eq!(
        states,
        [
            (1, OrderState::Placed),
            (2, OrderState::Accepted),
            (3, OrderState::Cooking)
        ]
    );
    assert!(told.iter().all(|one| one.sending == SendState::Local));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_customer_reads_the_newest_messages_and_nobody_elses() {
    let pool = database().await;
    for _ in 0..3 {
        hears(&pool, [order(OrderId::new(), OrderState::Placed, 1)]).await;
    }
    let last = OrderId::new();
    hears(&pool, [order(last, OrderState::Placed, 1)]).await;
    let other = OrderSnapshot {
        customer_id: "200".into(),
        ..order(OrderId::new(), OrderState::Placed, 1)
    };
    hears(&pool, [other]).await;
    let newest = Notifications::new(pool).to_customer("100", 2).await.unwrap();
    assert_eq!(newest.len(), 2);
    assert_eq!(newest[0].order_id, last);
    assert!(newest.iter().all(|one| one.customer_id == "100"));
}
