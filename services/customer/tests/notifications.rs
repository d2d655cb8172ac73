//! Tests notifications in a real database.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

mod support;

use chrono::Utc;
use customer::MIGRATIONS;
use customer::application::RecordNotifications;
use customer::domain::SendState;
use fdp_contracts::{OrderId, OrderSnapshot, OrderState};
use sqlx::PgPool;

async fn database() -> PgPool {
    fdp_test_database::migrated(&MIGRATIONS).await.unwrap()
}

fn order(order_id: OrderId, state: OrderState, version: u32) -> OrderSnapshot {
    support::order(order_id, "100", state, version, Utc::now())
}

async fn consume(pool: &PgPool, orders: impl IntoIterator<Item = OrderSnapshot>) {
    support::consume(pool, RecordNotifications::default(), orders).await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn each_change_has_one_message_even_if_its_event_is_repeated_or_late() {
    let pool = database().await;
    let order_id = OrderId::new();
    let change = |state, version| order(order_id, state, version);
    // A repeated event inside one batch, and once more in a later one.
    let cooking = change(OrderState::Cooking, 3);
    consume(
        &pool,
        [change(OrderState::Placed, 1), cooking.clone(), cooking.clone()],
    )
    .await;
    consume(&pool, [change(OrderState::Accepted, 2), cooking]).await;
    let messages = support::state(&pool).messages.of_order(order_id).await.unwrap();
    let states: Vec<_> = messages.iter().map(|one| (one.version, one.state)).collect();
    assert_eq!(
        states,
        [
            (1, OrderState::Placed),
            (2, OrderState::Accepted),
            (3, OrderState::Cooking)
        ]
    );
    assert!(messages.iter().all(|one| one.sending == SendState::Local));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_customer_gets_only_their_own_newest_messages() {
    let pool = database().await;
    for _ in 0..3 {
        consume(&pool, [order(OrderId::new(), OrderState::Placed, 1)]).await;
    }
    let last = OrderId::new();
    consume(&pool, [order(last, OrderState::Placed, 1)]).await;
    let other = OrderSnapshot {
        customer_id: "200".into(),
        ..order(OrderId::new(), OrderState::Placed, 1)
    };
    consume(&pool, [other]).await;
    let newest = support::state(&pool)
        .messages
        .to_customer("100", 2)
        .await
        .unwrap();
    assert_eq!(newest.len(), 2);
    assert_eq!(newest[0].order_id, last);
    assert!(newest.iter().all(|one| one.customer_id == "100"));
}
