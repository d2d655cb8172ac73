//! Tests who may give up an order, and what its history tells, in a real database.
#![expect(clippy::unwrap_used, reason = "a failed helper fails its test")]

mod shop;

use chrono::{DateTime, Utc};
use fdp_contracts::TicketState::{Accepted, CookingStarted, Received, Rejected};
use fdp_http::caller::Role;
use http::StatusCode;
use serde_json::{Value, json};
use shop::{Shop, cancelled, path, person, placed};
use std::time::Duration;

/// What happened to the ticket, by whom and why.
async fn told(shop: &Shop, path: &str) -> Vec<(String, String, Value)> {
    let history = shop.get(&format!("{path}/history")).await;
    let entries = history.as_array().unwrap();
    let times: Vec<DateTime<Utc>> = entries
        .iter()
        .map(|entry| entry["at"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(times.is_sorted(), "{history}");
    let text = |entry: &Value, field| entry[field].as_str().unwrap().to_owned();
    entries
        .iter()
        .map(|entry| (text(entry, "what"), text(entry, "by"), entry["reason"].clone()))
        .collect()
}

fn entry(what: &str, by: &str) -> (String, String, Value) {
    (what.to_owned(), by.to_owned(), Value::Null)
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_owner_gives_up_an_accepted_order_with_a_reason() {
    let shop = Shop::new().await;
    let owner = person("7", Role::Owner);
    for commands in [vec!["accept"], vec!["accept", "start-cooking"]] {
        let order = placed();
        shop.receive(&[&order]).await;
        for command in commands {
            let command = format!("{}/{command}", path(&order));
            shop.call_as(&owner, "POST", &command, Value::Null).await;
        }
        let possible = shop.get(&path(&order)).await["possible"].clone();
        assert!(
            possible.as_array().unwrap().contains(&json!("reject")),
            "{possible}"
        );
        let reject = format!("{}/reject", path(&order));
        let (status, problem) = shop.call_as(&owner, "POST", &reject, json!({})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        let reason = json!({"reason": "the oven is broken"});
        let (status, ticket) = shop.call_as(&owner, "POST", &reject, reason).await;
        assert_eq!((status, &ticket["state"]), (StatusCode::OK, &json!("Rejected")));
        let published = shop.published_tickets().await;
        let last = published.last().unwrap();
        assert_eq!(
            (last.order_id, last.state, last.reason.as_deref()),
            (order.order_id, Rejected, Some("the oven is broken"))
        );
        let history = told(&shop, &path(&order)).await;
        let (what, by, reason) = history.last().unwrap();
        assert_eq!(
            (&**what, &**by, reason),
            ("Rejected", "owner 7", &json!("the oven is broken"))
        );
    }
    let expected = [
        Received,
        Accepted,
        Rejected,
        Received,
        Accepted,
        CookingStarted,
        Rejected,
    ];
    assert_eq!(shop.published().await, expected);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn food_that_is_ready_cannot_be_given_up() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    for command in ["accept", "start-cooking", "finish-cooking"] {
        shop.command(&order, command).await;
    }
    let reject = format!("{}/reject", path(&order));
    let (status, problem) = shop.call("POST", &reject, json!({"reason": "sold out"})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.ends_with("possible now: hand-over"), "{detail}");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_history_tells_who_did_what() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    let command = |command: &str| format!("{}/{command}", path(&order));
    let (owner, admin) = (person("7", Role::Owner), person("1", Role::Admin));
    for _ in 0..2 {
        shop.call_as(&owner, "POST", &command("accept"), Value::Null)
            .await;
    }
    shop.call_as(&admin, "POST", &command("start-cooking"), Value::Null)
        .await;
    shop.autopilot.advance(Duration::ZERO).await.unwrap();
    shop.command(&order, "hand-over").await;
    shop.receive(&[&cancelled(&order)]).await;
    let mut ended = entry("OrderEnded", "order");
    ended.2 = json!("changed my mind");
    assert_eq!(
        told(&shop, &path(&order)).await,
        [
            entry("Received", "order"),
            entry("Accepted", "owner 7"),
            entry("CookingStarted", "admin 1"),
            entry("CookingFinished", "autopilot"),
            entry("HandedOver", "system"),
            ended,
        ]
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn what_one_batch_of_events_did_is_told_in_its_order() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order, &cancelled(&order)]).await;
    let history = told(&shop, &path(&order)).await;
    let what: Vec<_> = history.iter().map(|(what, ..)| what.as_str()).collect();
    assert_eq!(what, ["Received", "Cancelled"]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_history_is_read_by_whoever_runs_the_store() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    let history = format!("{}/history", path(&order));
    let elsewhere = format!("/stores/2/tickets/{}/history", order.order_id);
    let (owner, admin) = (person("7", Role::Owner), person("1", Role::Admin));
    for (caller, path, expected) in [
        (&owner, &history, StatusCode::OK),
        (&admin, &history, StatusCode::OK),
        (&person("100", Role::Customer), &history, StatusCode::FORBIDDEN),
        (&owner, &elsewhere, StatusCode::FORBIDDEN),
        (&admin, &elsewhere, StatusCode::NOT_FOUND),
    ] {
        let (status, body) = shop.call_as(caller, "GET", path, Value::Null).await;
        assert_eq!(status, expected, "{body}");
    }
}
