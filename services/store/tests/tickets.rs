//! Tests tickets through events and HTTP, in a real database.

mod shop;

use chrono::{TimeDelta, Utc};
use fdp_contracts::TicketState::{Accepted, Cancelled, CookingFinished, CookingStarted, Received};
use fdp_contracts::{OrderSnapshot, TicketState};
use http::StatusCode;
use serde_json::{Value, json};
use shop::{Shop, cancelled, path, placed};
use std::time::Duration;

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_is_received_accepted_cooked_and_handed_over() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    let list = shop.get("/stores/1/tickets?state=Received").await;
    assert_eq!(list[0]["orderId"], order.order_id.to_string());
    assert_eq!(list[0]["lines"][0]["productName"], "통닭");
    assert!(list[0]["notifiedAt"].is_string());
    for (command, state) in [
        ("accept", "Accepted"),
        ("start-cooking", "CookingStarted"),
        ("finish-cooking", "CookingFinished"),
        ("hand-over", "CookingFinished"),
    ] {
        let (status, body) = shop.command(&order, command).await;
        assert_eq!(
            (status, &body["state"]),
            (StatusCode::OK, &json!(state)),
            "{body}"
        );
        assert_eq!(shop.get(&path(&order)).await, body);
    }
    assert!(shop.get(&path(&order)).await["handedOverAt"].is_string());
    let states = [Received, Accepted, CookingStarted, CookingFinished];
    assert_eq!(shop.published().await, states, "the hand-over is not published");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_command_in_the_wrong_state_is_a_conflict_with_the_possible_ones() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    let (status, problem) = shop.command(&order, "start-cooking").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], "urn:fooddelivery:problem:ticket-state");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("Received") && detail.contains("accept, reject"),
        "{detail}"
    );
    assert_eq!(shop.published().await, [Received]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_repeated_command_changes_nothing_and_returns_the_ticket() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    for (command, state) in [
        ("accept", "Accepted"),
        ("accept", "Accepted"),
        ("start-cooking", "CookingStarted"),
        ("accept", "CookingStarted"),
    ] {
        let (status, body) = shop.command(&order, command).await;
        assert_eq!(
            (status, &body["state"]),
            (StatusCode::OK, &json!(state)),
            "{command}"
        );
    }
    assert_eq!(shop.published().await, [Received, Accepted, CookingStarted]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_owner_rejects_an_order_with_a_reason() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    let reject = format!("{}/reject", path(&order));
    let (status, problem) = shop.call("POST", &reject, json!({})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    for reason in ["sold out", "sold out, really"] {
        let (status, body) = shop.call("POST", &reject, json!({"reason": reason})).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            (&body["state"], &body["reason"]),
            (&json!("Rejected"), &json!("sold out"))
        );
    }
    assert_eq!(shop.command(&order, "accept").await.0, StatusCode::CONFLICT);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_ticket_is_found_only_at_its_own_store_registered_or_not() {
    let shop = Shop::new().await;
    let order = OrderSnapshot {
        store_id: "unknown".into(),
        ..placed()
    };
    shop.receive(&[&order]).await;
    let elsewhere = format!("/stores/1/tickets/{}", order.order_id);
    assert_eq!(
        shop.call("GET", &elsewhere, Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    let accept = format!("{elsewhere}/accept");
    assert_eq!(
        shop.call("POST", &accept, Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(shop.get(&path(&order)).await["state"], "Received");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_cancelled_order_is_not_cooked_in_whichever_order_events_arrive() {
    let shop = Shop::new().await;
    let (first, second, third) = (placed(), placed(), placed());
    shop.receive(&[&first]).await;
    shop.receive(&[&cancelled(&first)]).await;
    shop.receive(&[&cancelled(&second)]).await;
    shop.receive(&[&second]).await;
    shop.receive(&[&third, &cancelled(&third), &cancelled(&third)])
        .await;
    for order in [first, second, third] {
        let body = shop.get(&path(&order)).await;
        assert_eq!(
            (&body["state"], &body["reason"]),
            (&json!("Cancelled"), &json!("changed my mind"))
        );
    }
    let states = [Received, Cancelled, Cancelled, Received, Cancelled];
    assert_eq!(shop.published().await, states);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn automatic_replicas_take_each_step_once() {
    let shop = Shop::new().await;
    let orders: Vec<_> = (0..100).map(|_| placed()).collect();
    shop.receive(&orders.iter().collect::<Vec<_>>()).await;
    let replicas: Vec<_> = (0..4)
        .map(|_| {
            let autopilot = shop.autopilot.clone();
            tokio::spawn(async move { while autopilot.advance(Duration::ZERO).await.unwrap() > 0 {} })
        })
        .collect();
    for replica in replicas {
        replica.await.unwrap();
    }
    // A replica stops when the others have locked the rest, so one more runs alone.
    while shop.autopilot.advance(Duration::ZERO).await.unwrap() > 0 {}
    let published = shop.published().await;
    let count = |state: TicketState| published.iter().filter(|other| **other == state).count();
    assert_eq!(
        [Received, Accepted, CookingStarted, CookingFinished].map(count),
        [100; 4]
    );
    assert_eq!(published.len(), 400);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_automatic_store_waits_before_each_step() {
    let shop = Shop::new().await;
    shop.receive(&[&placed()]).await;
    assert_eq!(shop.autopilot.advance(Duration::from_hours(1)).await.unwrap(), 0);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn new_tickets_of_a_closed_store_wait_until_it_opens() {
    let shop = Shop::new().await;
    let put = |open: bool| json!({"name": "우리동네 통닭", "open": open});
    shop.call("PUT", "/stores/1", put(false)).await;
    let order = placed();
    shop.receive(&[&order]).await;
    assert_eq!(shop.autopilot.advance(Duration::ZERO).await.unwrap(), 0);
    assert_eq!(shop.get(&path(&order)).await["state"], "Received");
    shop.call("PUT", "/stores/1", put(true)).await;
    assert_eq!(shop.autopilot.advance(Duration::ZERO).await.unwrap(), 1);
    // Accepted tickets are finished even while the store is closed.
    shop.call("PUT", "/stores/1", put(false)).await;
    assert_eq!(shop.autopilot.advance(Duration::ZERO).await.unwrap(), 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn tickets_are_listed_newest_first_and_page_by_page() {
    let shop = Shop::new().await;
    // Some are placed at the same time: no page may omit one.
    let placed_at = Utc::now();
    let orders: Vec<_> = (0..5)
        .map(|number| OrderSnapshot {
            placed_at: placed_at + TimeDelta::seconds(number / 3),
            ..placed()
        })
        .collect();
    shop.receive(&orders.iter().collect::<Vec<_>>()).await;
    let (mut listed, mut path) = (Vec::new(), String::from("/stores/1/tickets?limit=2"));
    loop {
        let page = shop.get(&path).await;
        let ids = page
            .as_array()
            .unwrap()
            .iter()
            .map(|ticket| ticket["orderId"].as_str().unwrap());
        let Some(last) = ids.clone().next_back() else {
            break;
        };
        path = format!("/stores/1/tickets?limit=2&before={last}");
        listed.extend(ids.map(str::to_owned));
    }
    let newest_first: Vec<_> = orders
        .iter()
        .rev()
        .map(|order| order.order_id.to_string())
        .collect();
    assert_eq!(listed, newest_first);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_reason_has_at_most_200_characters() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    let reject = format!("{}/reject", path(&order));
    let (status, problem) = shop
        .call("POST", &reject, json!({"reason": "x".repeat(201)}))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    assert_eq!(shop.published().await, [Received]);
    let (status, _) = shop
        .call("POST", &reject, json!({"reason": "통".repeat(200)}))
        .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_replica_still_reads_tickets_after_a_later_version_added_a_column() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    let reads = || async {
        shop.get("/stores/1/tickets").await;
        shop.get(&path(&order)).await;
        shop.autopilot.advance(Duration::from_hours(1)).await.unwrap();
        let (status, problem) = shop.command(&order, "accept").await;
        assert_eq!(status, StatusCode::OK, "{problem}");
    };
    reads().await;
    shop.add_column("tickets").await;
    reads().await;
}
