//! Tests orders and stock in a real database.

mod shelf;

use fdp_contracts::OrderState::{Cancelled, Placed, Rejected};
use fdp_contracts::StockOutcome::{Returned, Short, Taken};
use fdp_contracts::{Event, OrderState};
use shelf::{Shelf, incoming, order};

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn of_fifty_concurrent_orders_for_the_last_twenty_exactly_twenty_get_one() {
    let shelf = Shelf::with(20).await;
    let orders: Vec<_> = (0..50)
        .map(|_| {
            let shelf = shelf.clone();
            tokio::spawn(async move { shelf.receive(&[(Placed, &order(&[("1001", 1)]))]).await })
        })
        .collect();
    for order in orders {
        order.await.unwrap();
    }
    assert_eq!(shelf.stock("1001").await, 0);
    assert_eq!(shelf.movements(Taken).await, 20);
    assert_eq!(shelf.movements(Short).await, 30);
    let stocks: Vec<u64> = shelf
        .published()
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
        "the stock is published in order"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn replicas_with_concurrent_batches_never_sell_more_than_there_is() {
    let shelf = Shelf::with(100).await;
    shelf.register("a", 100).await;
    let replicas: Vec<_> = (0..4)
        .map(|replica| {
            let shelf = shelf.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    // Lines in opposite orders: two batches must never deadlock.
                    let lines = if replica % 2 == 0 {
                        [("a", 1), ("1001", 1)]
                    } else {
                        [("1001", 1), ("a", 1)]
                    };
                    let orders: Vec<_> = (0..10).map(|_| order(&lines)).collect();
                    let mut events: Vec<_> = orders.iter().map(|order| (Placed, order)).collect();
                    events.extend(orders.iter().step_by(5).map(|order| (Cancelled, order)));
                    shelf.receive(&events).await;
                }
            })
        })
        .collect();
    for replica in replicas {
        replica.await.unwrap();
    }
    let held = shelf.movements(Taken).await - shelf.movements(Returned).await;
    for product_id in ["1001", "a"] {
        let stock = usize::try_from(shelf.stock(product_id).await).unwrap();
        assert_eq!(stock + held, 100, "{product_id}");
    }
    assert_eq!(
        shelf.movements(Taken).await + shelf.movements(Short).await,
        200,
        "every order has its outcome"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_batch_that_three_replicas_receive_takes_effect_once() {
    let shelf = Shelf::with(100).await;
    let orders: Vec<_> = (0..20).map(|_| order(&[("1001", 1)])).collect();
    let events: Vec<_> = orders.iter().map(|order| incoming(Placed, order)).collect();
    tokio::join!(
        shelf.receive_events(&events),
        shelf.receive_events(&events),
        shelf.receive_events(&events)
    );
    assert_eq!(shelf.stock("1001").await, 80);
    assert_eq!(shelf.movements(Taken).await, 20);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_that_lacks_one_product_reserves_none_of_the_others() {
    let shelf = Shelf::with(5).await;
    shelf
        .receive(&[(Placed, &order(&[("1001", 2), ("9999", 1)]))])
        .await;
    assert_eq!(shelf.stock("1001").await, 5);
    let events = shelf.published().await;
    let Some(Event::Stock(movement)) = events.last() else {
        panic!("no movement in {events:?}");
    };
    assert_eq!(movement.outcome, Short);
    assert_eq!(movement.reason.as_deref(), Some("there is no product 9999"));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_cancelled_order_releases_its_stock_once_in_one_batch_or_in_many() {
    let together: &[&[OrderState]] = &[&[Placed, Placed, Cancelled, Rejected]];
    let apart: &[&[OrderState]] = &[&[Placed], &[Placed], &[Cancelled], &[Cancelled]];
    for batches in [together, apart] {
        let shelf = Shelf::with(5).await;
        let order = order(&[("1001", 3)]);
        for batch in batches {
            let events: Vec<_> = batch.iter().map(|state| (*state, &order)).collect();
            shelf.receive(&events).await;
        }
        assert_eq!(shelf.stock("1001").await, 5);
        assert_eq!(shelf.movements(Taken).await, 1);
        assert_eq!(shelf.movements(Returned).await, 1);
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_whose_cancellation_overtakes_it_never_reserves_stock() {
    let shelf = Shelf::with(5).await;
    let order = order(&[("1001", 3)]);
    shelf.receive(&[(Cancelled, &order)]).await;
    shelf.receive(&[(Placed, &order)]).await;
    assert_eq!(shelf.stock("1001").await, 5);
    assert_eq!(shelf.movements(Taken).await + shelf.movements(Returned).await, 0);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn concurrent_placing_and_cancelling_leave_the_stock_whole() {
    let shelf = Shelf::with(100).await;
    for _ in 0..30 {
        let order = order(&[("1001", 3)]);
        let (placed, cancelled) = ([(Placed, &order)], [(Cancelled, &order)]);
        tokio::join!(shelf.receive(&placed), shelf.receive(&cancelled));
        assert_eq!(shelf.stock("1001").await, 100);
    }
}
