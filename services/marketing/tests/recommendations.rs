//! Tests recommendations from counts in a real database.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use chrono::Utc;
use fdp_contracts::{Event, OrderId, OrderLine, OrderSnapshot, OrderState};
use fdp_messaging::{Effects, Incoming};
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use marketing::MIGRATIONS;
use marketing::adapters::events::OrderEvents;
use marketing::adapters::storage::PgPopularities;
use marketing::application::Recommendations;
use marketing::domain::Recommendation;
use sqlx::PgPool;
use std::sync::Arc;

async fn database() -> PgPool {
    fdp_test_database::migrated(&MIGRATIONS).await.unwrap()
}

fn placed(customer_id: &str, product_name: &str) -> OrderSnapshot {
    OrderSnapshot {
        order_id: OrderId::new(),
        customer_id: customer_id.into(),
        store_id: "1".into(),
        lines: vec![OrderLine {
            product_id: None,
            product_name: product_name.into(),
            qty: 2,
            unit_price: 10_000,
        }],
        amount: 20_000,
        delivery_fee: 0,
        store_version: None,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    }
}

fn cancelled(order: &OrderSnapshot) -> OrderSnapshot {
    OrderSnapshot {
        state: OrderState::Cancelled,
        version: 2,
        ..order.clone()
    }
}

async fn consume(pool: &PgPool, orders: impl IntoIterator<Item = OrderSnapshot>) {
    let events: Vec<Incoming> = orders
        .into_iter()
        .map(|order| Incoming::open(Event::Order(order).into_cloud_event("order", None).unwrap()).unwrap())
        .collect();
    let inbox = PgInbox::new(pool.clone(), Outbox::silent("marketing"), OrderEvents);
    inbox.apply(&events).await.unwrap();
}

async fn recommend(pool: &PgPool, customer_id: Option<&str>, limit: usize) -> Vec<Recommendation> {
    let recommendations = Recommendations::new(Arc::new(PgPopularities(pool.clone())));
    recommendations.recommend(customer_id, limit).await.unwrap()
}

async fn scores(pool: &PgPool, customer_id: Option<&str>) -> Vec<(String, u64)> {
    let recommended = recommend(pool, customer_id, 10).await;
    recommended
        .into_iter()
        .map(|one| (one.item.product_name, one.score))
        .collect()
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_customer_gets_what_they_and_others_order_most() {
    let pool = database().await;
    let orders = [("1", "통닭"), ("2", "비빔밥"), ("3", "비빔밥"), ("3", "통닭")];
    consume(
        &pool,
        orders.map(|(customer_id, product_name)| placed(customer_id, product_name)),
    )
    .await;
    let own = scores(&pool, Some("1")).await;
    assert_eq!(own, [("통닭".to_owned(), 4), ("비빔밥".to_owned(), 2)]);
    let unknown = scores(&pool, None).await;
    assert_eq!(unknown, [("비빔밥".to_owned(), 2), ("통닭".to_owned(), 2)]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_cancelled_order_stops_counting_whichever_event_comes_first() {
    let pool = database().await;
    let (first, second) = (placed("1", "통닭"), placed("1", "통닭"));
    // Together in one batch, and in two batches.
    consume(&pool, [first.clone(), first.clone()]).await;
    assert_eq!(scores(&pool, Some("2")).await, [("통닭".to_owned(), 1)]);
    for order in [cancelled(&first), cancelled(&first), cancelled(&second), second] {
        consume(&pool, [order]).await;
    }
    let third = placed("1", "통닭");
    consume(&pool, [cancelled(&third), third.clone(), cancelled(&third)]).await;
    assert_eq!(scores(&pool, Some("1")).await, []);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_limit_returns_the_first_of_all_recommendations() {
    let pool = database().await;
    // Forty dishes with different numbers of orders of two customers, so that equal scores and both weights occur.
    let orders = (0..40).flat_map(|dish: usize| {
        let name = format!("dish {dish}");
        let own = (0..dish % 3).map(|_| "1");
        let others = (0..dish % 7).map(|_| "2");
        own.chain(others)
            .map(|customer_id| placed(customer_id, &name))
            .collect::<Vec<_>>()
    });
    consume(&pool, orders).await;
    for customer_id in [None, Some("1"), Some("2"), Some("nobody")] {
        let all = recommend(&pool, customer_id, 1_000).await;
        assert!(
            all.iter().all(|one| one.score > 0) && all.len() > 30,
            "{}",
            all.len()
        );
        assert!(
            all.is_sorted_by(|a, b| { (b.score, &a.item.product_name) <= (a.score, &b.item.product_name) })
        );
        assert_eq!(
            recommend(&pool, customer_id, 5).await,
            all[..5],
            "{customer_id:?}"
        );
        assert_eq!(recommend(&pool, customer_id, 0).await, []);
    }
}
