//! Tests the stream of server-sent events with which owners watch their tickets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

mod shop;

use axum::body::BodyDataStream;
use fdp_contracts::TicketState::{Accepted, CookingFinished, CookingStarted, Received};
use fdp_contracts::{OrderId, OrderSnapshot};
use futures::StreamExt;
use http::StatusCode;
use serde_json::{Value, json};
use shop::{Shop, cancelled, path, placed};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(5);

/// An owner who reads the stream.
struct Owner {
    stream: BodyDataStream,
    text: String,
    last_event_id: String,
}

impl Owner {
    async fn of(shop: &Shop, store_id: &str, last_event_id: Option<&str>) -> Self {
        let path = format!("/stores/{store_id}/tickets/events");
        let response = shop.send("GET", &path, last_event_id, Value::Null).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            stream: response.into_body().into_data_stream(),
            text: String::new(),
            last_event_id: last_event_id.unwrap_or_default().to_owned(),
        }
    }

    /// The order and state of the next ticket; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(OrderId, String)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines.find_map(|line| line.strip_prefix(name).map(|value| value.trim().to_owned()))
                };
                let (id, data) = (field("id:"), field("data:"));
                let rest = rest.to_owned();
                self.text = rest;
                if let (Some(id), Some(data)) = (id, data) {
                    self.last_event_id = id;
                    let ticket: Value = serde_json::from_str(&data).unwrap();
                    let order_id = ticket["orderId"].as_str().unwrap().parse().unwrap();
                    return Some((order_id, ticket["state"].as_str().unwrap().to_owned()));
                }
                continue;
            }
            let chunk = tokio::time::timeout(SOON, self.stream.next());
            let chunk = chunk
                .await
                .unwrap_or_else(|_| panic!("nothing came; so far: {}", self.text))?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    async fn expect_next(&mut self, order: &OrderSnapshot, state: &str) {
        assert_eq!(self.next().await, Some((order.order_id, state.to_owned())));
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_stream_begins_with_active_tickets_and_continues_with_each_change() {
    let shop = Shop::new().await;
    let (first, second, elsewhere) = (
        placed(),
        placed(),
        OrderSnapshot {
            store_id: "2".into(),
            ..placed()
        },
    );
    shop.receive(&[&first]).await;
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.expect_next(&first, "Received").await;
    shop.receive(&[&elsewhere, &second]).await;
    owner.expect_next(&second, "Received").await;
    shop.command(&first, "accept").await;
    owner.expect_next(&first, "Accepted").await;
    shop.autopilot.advance(Duration::ZERO).await.unwrap();
    let mut moved = [owner.next().await.unwrap(), owner.next().await.unwrap()];
    moved.sort();
    let mut expected = [
        (first.order_id, "CookingStarted".to_owned()),
        (second.order_id, "Accepted".to_owned()),
    ];
    expected.sort();
    assert_eq!(moved, expected);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_stream_includes_the_changes_of_another_replica() {
    let shop = Shop::new().await;
    let other = Shop::replica(shop.pool.clone());
    shop.listen().await;
    other.listen().await;
    let mut owner = Owner::of(&shop, "1", None).await;
    let order = placed();
    other.receive(&[&order]).await;
    owner.expect_next(&order, "Received").await;
    shop.stopping.cancel();
    other.stopping.cancel();
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_stream_resumed_after_a_restart_misses_and_repeats_nothing() {
    let shop = Shop::new().await;
    let (first, second, third) = (placed(), placed(), placed());
    shop.receive(&[&first, &second]).await;
    let mut owner = Owner::of(&shop, "1", None).await;
    for _ in 0..2 {
        owner.next().await.unwrap();
    }
    shop.stopping.cancel();
    assert_eq!(owner.next().await, None, "the stream ends with the service");
    let shop = Shop::replica(shop.pool.clone());
    shop.receive(&[&cancelled(&first)]).await;
    shop.receive(&[&third]).await;
    let mut owner = Owner::of(&shop, "1", Some(&owner.last_event_id)).await;
    owner.expect_next(&first, "Cancelled").await;
    owner.expect_next(&third, "Received").await;
    let mut again = Owner::of(&shop, "1", Some(&owner.last_event_id)).await;
    shop.command(&second, "accept").await;
    owner.expect_next(&second, "Accepted").await;
    again.expect_next(&second, "Accepted").await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_stream_that_ended_within_the_active_tickets_starts_again() {
    let shop = Shop::new().await;
    let orders = [placed(), placed(), placed()];
    shop.receive(&orders.iter().collect::<Vec<_>>()).await;
    shop.settle().await;
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.expect_next(&orders[0], "Received").await;
    let mut owner = Owner::of(&shop, "1", Some(&owner.last_event_id)).await;
    for order in &orders {
        owner.expect_next(order, "Received").await;
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_stream_resumed_while_nothing_happens_repeats_nothing() {
    let shop = Shop::new().await;
    let (first, second) = (placed(), placed());
    shop.receive(&[&first]).await;
    shop.settle().await;
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.expect_next(&first, "Received").await;
    let mut owner = Owner::of(&shop, "1", Some(&owner.last_event_id)).await;
    shop.receive(&[&second]).await;
    owner.expect_next(&second, "Received").await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn tickets_restored_from_another_server_are_active_but_not_changes() {
    let shop = Shop::new().await;
    let (restored, new) = (placed(), placed());
    shop.receive(&[&restored]).await;
    sqlx::query("UPDATE tickets SET changed_in = 1000000000000")
        .execute(&shop.pool)
        .await
        .unwrap();
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.expect_next(&restored, "Received").await;
    shop.receive(&[&new]).await;
    owner.expect_next(&new, "Received").await;
    shop.command(&restored, "accept").await;
    owner.expect_next(&restored, "Accepted").await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_stream_continues_after_a_later_version_added_a_column() {
    let shop = Shop::new().await;
    let (first, second) = (placed(), placed());
    shop.receive(&[&first]).await;
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.expect_next(&first, "Received").await;
    shop.add_column("tickets").await;
    shop.receive(&[&second]).await;
    owner.expect_next(&second, "Received").await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_owner_learns_that_no_rider_comes_for_cooked_food() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    for command in ["accept", "start-cooking", "finish-cooking"] {
        shop.command(&order, command).await;
    }
    let ticket = shop.get(&path(&order)).await;
    assert_eq!(
        (&ticket["orderEndedAt"], &ticket["possible"]),
        (&json!(null), &json!(["hand-over"]))
    );
    let mut owner = Owner::of(&shop, "1", Some("0.")).await;
    owner.expect_next(&order, "CookingFinished").await;
    shop.receive(&[&cancelled(&order)]).await;
    owner.expect_next(&order, "CookingFinished").await;
    let ticket = shop.get(&path(&order)).await;
    assert!(ticket["orderEndedAt"].is_string(), "{ticket}");
    assert_eq!(ticket["possible"], json!([]));
    assert_eq!(shop.command(&order, "hand-over").await.0, StatusCode::CONFLICT);
    let expected = [Received, Accepted, CookingStarted, CookingFinished];
    assert_eq!(shop.published().await, expected);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_position_that_this_database_never_issued_starts_a_new_stream() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    for position in ["999999999999.ord_1", "nonsense"] {
        Owner::of(&shop, "1", Some(position))
            .await
            .expect_next(&order, "Received")
            .await;
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_change_whose_transaction_ends_late_is_not_missed() {
    let shop = Shop::new().await;
    let (early, late) = (placed(), placed());
    shop.receive(&[&early, &late]).await;
    let mut owner = Owner::of(&shop, "1", None).await;
    for _ in 0..2 {
        owner.next().await.unwrap();
    }
    // This transaction begins first and ends last.
    let mut slow = fdp_storage::database::begin(&shop.pool).await.unwrap();
    sqlx::query(
        "UPDATE tickets SET state = 'Accepted', changed_in = pg_current_xact_id()::text::bigint WHERE order_id = $1",
    )
    .bind(late.order_id.to_string())
    .execute(&mut *slow)
    .await
    .unwrap();
    shop.command(&early, "accept").await;
    let too_soon = tokio::time::timeout(Duration::from_millis(200), owner.next()).await;
    assert!(too_soon.is_err(), "an unsettled change has to wait: {too_soon:?}");
    slow.commit().await.unwrap();
    let mut received = [owner.next().await.unwrap(), owner.next().await.unwrap()];
    received.sort();
    let mut expected = [early.order_id, late.order_id].map(|order_id| (order_id, "Accepted".to_owned()));
    expected.sort();
    assert_eq!(received, expected);
}
