//! Orders and stock in a real database.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use chrono::Utc;
use fdp_contracts::StockOutcome::{Returned, Short, Taken};
use fdp_contracts::{Event, OrderId, OrderLine, OrderSnapshot, OrderState};
use inventory::MIGRATIONS;
use inventory::app::{self, Inventory, NewProduct};
use sqlx::PgPool;

async fn stocked(stock: u32) -> PgPool {
    let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
    register(&pool, "1001", stock).await;
    pool
}

async fn register(pool: &PgPool, product_id: &str, stock: u32) {
    let product = NewProduct {
        product_id: product_id.into(),
        product_name: format!("TV {product_id}"),
        stock,
    };
    Inventory::new(pool.clone()).register(product).await.unwrap();
}

fn order(lines: &[(&str, u32)]) -> OrderSnapshot {
    let line = |(product_id, qty): &(&str, u32)| OrderLine {
        product_id: Some((*product_id).to_owned()),
        product_name: "TV".into(),
        qty: *qty,
        unit_price: 10_000,
    };
    OrderSnapshot {
        order_id: OrderId::new(),
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: lines.iter().map(line).collect(),
        amount: 10_000,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    }
}

async fn take(pool: &PgPool, order: &OrderSnapshot) {
    let mut transaction = pool.begin().await.unwrap();
    app::take(&mut transaction, order).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn give_back(pool: &PgPool, order: &OrderSnapshot) {
    let mut transaction = pool.begin().await.unwrap();
    app::give_back(&mut transaction, order).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn stock(pool: &PgPool, product_id: &str) -> u64 {
    let product = Inventory::new(pool.clone()).product(product_id).await.unwrap();
    product.unwrap().stock
}

/// What went into the outbox, oldest first.
async fn published(pool: &PgPool) -> Vec<Event> {
    let payloads: Vec<sqlx::types::Json<fdp_contracts::CloudEvent>> =
        sqlx::query_scalar("SELECT payload FROM outbox ORDER BY seq")
            .fetch_all(pool)
            .await
            .unwrap();
    payloads.iter().map(|payload| payload.event().unwrap()).collect()
}

async fn movements(pool: &PgPool, outcome: fdp_contracts::StockOutcome) -> usize {
    let events = published(pool).await;
    let counted = |event: &&Event| matches!(event, Event::Stock(movement) if movement.outcome == outcome);
    events.iter().filter(counted).count()
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn of_fifty_orders_at_once_for_the_last_twenty_exactly_twenty_get_one() {
    let pool = stocked(20).await;
    let orders: Vec<_> = (0..50)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { take(&pool, &order(&[("1001", 1)])).await })
        })
        .collect();
    for order in orders {
        order.await.unwrap();
    }
    assert_eq!(stock(&pool, "1001").await, 0);
    assert_eq!(movements(&pool, Taken).await, 20);
    assert_eq!(movements(&pool, Short).await, 30);
    let stocks: Vec<u64> = published(&pool)
        .await
        .into_iter()
        .filter_map(|event| match event {
            Event::Product(product) => Some(product.stock),
            _ => None,
        })
        .collect();
    assert_eq!(
        stocks,
        (0..=20).rev().collect::<Vec<_>>(),
        "the news of the stock is in order"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn orders_for_the_same_products_in_any_order_of_lines_do_not_deadlock() {
    let pool = stocked(100).await;
    register(&pool, "a", 100).await;
    register(&pool, "B", 100).await;
    let orders: Vec<_> = (0..40)
        .map(|number| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let lines = if number % 2 == 0 {
                    [("a", 1), ("1001", 1), ("B", 1)]
                } else {
                    [("B", 1), ("a", 1), ("1001", 1)]
                };
                let order = order(&lines);
                take(&pool, &order).await;
                give_back(&pool, &order).await;
            })
        })
        .collect();
    for order in orders {
        order.await.unwrap();
    }
    for product_id in ["1001", "a", "B"] {
        assert_eq!(stock(&pool, product_id).await, 100, "{product_id}");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_that_lacks_one_product_takes_none_of_the_others() {
    let pool = stocked(5).await;
    take(&pool, &order(&[("1001", 2), ("9999", 1)])).await;
    assert_eq!(stock(&pool, "1001").await, 5);
    let events = published(&pool).await;
    let Some(Event::Stock(movement)) = events.last() else {
        panic!("no movement in {events:?}");
    };
    assert_eq!(movement.outcome, Short);
    assert_eq!(movement.reason.as_deref(), Some("there is no product 9999"));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_cancelled_order_puts_its_stock_back_exactly_once() {
    let pool = stocked(5).await;
    let order = order(&[("1001", 3)]);
    take(&pool, &order).await;
    take(&pool, &order).await;
    assert_eq!(stock(&pool, "1001").await, 2);
    give_back(&pool, &order).await;
    give_back(&pool, &order).await;
    assert_eq!(stock(&pool, "1001").await, 5);
    assert_eq!(movements(&pool, Returned).await, 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_whose_cancellation_overtakes_it_never_takes_stock() {
    let pool = stocked(5).await;
    let order = order(&[("1001", 3)]);
    give_back(&pool, &order).await;
    take(&pool, &order).await;
    assert_eq!(stock(&pool, "1001").await, 5);
    assert_eq!(
        movements(&pool, Taken).await + movements(&pool, Returned).await,
        0
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn registering_a_product_again_replaces_its_name_and_stock() {
    let pool = stocked(5).await;
    let inventory = Inventory::new(pool);
    let again = NewProduct {
        product_id: "1001".into(),
        product_name: "Large TV".into(),
        stock: 7,
    };
    let (product, new) = inventory.register(again).await.unwrap();
    assert!(!new);
    assert_eq!(inventory.product("1001").await.unwrap(), Some(product));
    assert_eq!(inventory.products().await.unwrap().len(), 1);
}
