//! Owners who watch their tickets as server-sent events.
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

/// An owner who reads.
struct Owner {
    stream: BodyDataStream,
    text: String,
    last_event_id: String,
}

impl Owner {
    async fn of(shop: &Shop, store_id: &str, last_event_id: Option<&str>) -> Self {
        let path = format!("/stores/{store_id}/tickets/events");
        let answer = shop.ask("GET", &path, last_event_id, Value::Null).await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self {
            stream: answer.into_body().into_data_stream(),
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

    async fn reads(&mut self, order: &OrderSnapshot, state: &str) {
        assert_eq!(self.next().await, Some((order.order_id, state.to_owned())));
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_owner_sees_what_is_under_way_and_then_each_change_as_it_happens() {
    let shop = Shop::new().await;
    let (first, second, elsewhere) = (
        placed(),
        placed(),
        OrderSnapshot {
            store_id: "2".into(),
            ..placed()
        },
    );
    shop.hears(&[&first]).await;
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.reads(&first, "Received").await;
    shop.hears(&[&elsewhere, &second]).await;
    owner.reads(&second, "Received").await;
    shop.command(&first, "accept").await;
    owner.reads(&first, "Accepted").await;
    shop.kitchen.move_on(Duration::ZERO).await.unwrap();
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
async fn an_owner_hears_what_another_replica_does() {
    let shop = Shop::new().await;
    let other = Shop::replica(shop.pool.clone());
    shop.listens().await;
    other.listens().await;
    let mut owner = Owner::of(&shop, "1", None).await;
    let order = placed();
    other.hears(&[&order]).await;
    owner.reads(&order, "Received").await;
    shop.stopping.cancel();
    other.stopping.cancel();
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_owner_who_comes_back_after_a_restart_misses_nothing_and_gets_nothing_twice() {
    let shop = Shop::new().await;
    let (first, second, third) = (placed(), placed(), placed());
    shop.hears(&[&first, &second]).await;
    let mut owner = Owner::of(&shop, "1", None).await;
    for _ in 0..2 {
        owner.next().await.unwrap();
    }
    shop.stopping.cancel();
    assert_eq!(owner.next().await, None, "the stream ends with the service");
    let shop = Shop::replica(shop.pool.clone());
    shop.hears(&[&cancelled(&first)]).await;
    shop.hears(&[&third]).await;
    let mut owner = Owner::of(&shop, "1", Some(&owner.last_event_id)).await;
    owner.reads(&first, "Cancelled").await;
    owner.reads(&third, "Received").await;
    let mut again = Owner::of(&shop, "1", Some(&owner.last_event_id)).await;
    shop.command(&second, "accept").await;
    owner.reads(&second, "Accepted").await;
    again.reads(&second, "Accepted").await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_owner_who_left_in_the_middle_of_what_is_under_way_gets_all_of_it_again() {
    let shop = Shop::new().await;
    let orders = [placed(), placed(), placed()];
    shop.hears(&orders.iter().collect::<Vec<_>>()).await;
    shop.settles().await;
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.reads(&orders[0], "Received").await;
    let mut owner = Owner::of(&shop, "1", Some(&owner.last_event_id)).await;
    for order in &orders {
        owner.reads(order, "Received").await;
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_owner_who_comes_back_while_nothing_happens_gets_nothing_again() {
    let shop = Shop::new().await;
    let (first, second) = (placed(), placed());
    shop.hears(&[&first]).await;
    shop.settles().await;
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.reads(&first, "Received").await;
    let mut owner = Owner::of(&shop, "1", Some(&owner.last_event_id)).await;
    shop.hears(&[&second]).await;
    owner.reads(&second, "Received").await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn tickets_that_were_restored_from_another_server_are_there_and_are_no_news() {
    let shop = Shop::new().await;
    let (restored, new) = (placed(), placed());
    shop.hears(&[&restored]).await;
    sqlx::query("UPDATE tickets SET changed_in = 1000000000000")
        .execute(&shop.pool)
        .await
        .unwrap();
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.reads(&restored, "Received").await;
    shop.hears(&[&new]).await;
    owner.reads(&new, "Received").await;
    shop.command(&restored, "accept").await;
    owner.reads(&restored, "Accepted").await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_owner_watches_on_after_a_later_version_added_a_column() {
    let shop = Shop::new().await;
    let (first, second) = (placed(), placed());
    shop.hears(&[&first]).await;
    let mut owner = Owner::of(&shop, "1", None).await;
    owner.reads(&first, "Received").await;
    shop.add_column("tickets").await;
    shop.hears(&[&second]).await;
    owner.reads(&second, "Received").await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_owner_is_told_that_nobody_comes_for_food_that_is_cooked() {
    let shop = Shop::new().await;
    let order = placed();
    shop.hears(&[&order]).await;
    for command in ["accept", "start-cooking", "finish-cooking"] {
        shop.command(&order, command).await;
    }
    let ticket = shop.get(&path(&order)).await;
    assert_eq!(
        (&ticket["orderEndedAt"], &ticket["possible"]),
        (&json!(null), &json!(["hand-over"]))
    );
    let mut owner = Owner::of(&shop, "1", Some("0.")).await;
    owner.reads(&order, "CookingFinished").await;
    shop.hears(&[&cancelled(&order)]).await;
    owner.reads(&order, "CookingFinished").await;
    let ticket = shop.get(&path(&order)).await;
    assert!(ticket["orderEndedAt"].is_string(), "{ticket}");
    assert_eq!(ticket["possible"], json!([]));
    assert_eq!(shop.command(&order, "hand-over").await.0, StatusCode::CONFLICT);
    let told = [Received, Accepted, CookingStarted, CookingFinished];
    assert_eq!(shop.published().await, told);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_place_that_this_database_never_had_starts_anew() {
    let shop = Shop::new().await;
    let order = placed();
    shop.hears(&[&order]).await;
    for place in ["999999999999.ord_1", "nonsense"] {
        Owner::of(&shop, "1", Some(place))
            .await
            .reads(&order, "Received")
            .await;
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_change_whose_transaction_ends_late_is_not_left_out() {
    let shop = Shop::new().await;
    let (early, late) = (placed(), placed());
    shop.hears(&[&early, &late]).await;
    let mut owner = Owner::of(&shop, "1", None).await;
    for _ in 0..2 {
        owner.next().await.unwrap();
    }
    // This transaction begins first and ends last.
    let mut slow = fdp_kit::database::begin(&shop.pool).await.unwrap();
    sqlx::query(
        "UPDATE tickets SET state = 'Accepted', changed_in = pg_current_xact_id()::text::bigint WHERE order_id = $1",
    )
    .bind(late.order_id.to_string())
    .execute(&mut *slow)
    .await
    .unwrap();
    shop.command(&early, "accept").await;
    let too_soon = tokio::time::timeout(Duration::from_millis(200), owner.next()).await;
    assert!(
        too_soon.is_err(),
        "what may still be overtaken has to wait: {too_soon:?}"
    );
    slow.commit().await.unwrap();
    let mut seen = [owner.next().await.unwrap(), owner.next().await.unwrap()];
    seen.sort();
    let mut expected = [early.order_id, late.order_id].map(|order_id| (order_id, "Accepted".to_owned()));
    expected.sort();
    assert_eq!(seen, expected);
}
