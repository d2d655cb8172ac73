//! Tests the deadlines of tickets, in a real database.

mod shop;

use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::OrderSnapshot;
use fdp_contracts::TicketState::{Accepted, CookingFinished, CookingStarted, Received, Rejected};
use fdp_storage::uptime;
use http::StatusCode;
use serde_json::{Value, json};
use shop::{Shop, path, placed};

const TOO_LATE: &str = "the store did not accept the order in time";

/// Gives store 1 this time to accept an order.
async fn accept_within(shop: &Shop, minutes: u32) {
    let store = json!({"storeId": "1", "name": "우리동네 통닭", "acceptWithinMinutes": minutes});
    let (status, body) = shop.call("POST", "/stores", store).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_new_ticket_says_until_when_it_has_to_be_accepted() {
    let shop = Shop::new().await;
    accept_within(&shop, 3).await;
    let order = placed();
    shop.receive(&[&order]).await;
    let until: DateTime<Utc> = shop.get(&path(&order)).await["acceptUntil"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let left = until - Utc::now();
    assert!(
        left > TimeDelta::minutes(2) && left <= TimeDelta::minutes(3),
        "{left}"
    );
    assert_eq!(shop.command(&order, "accept").await.1["acceptUntil"], Value::Null);
    assert_eq!(shop.get(&path(&order)).await["acceptUntil"], Value::Null);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_that_is_not_accepted_in_time_is_rejected() {
    let shop = Shop::new().await;
    accept_within(&shop, 3).await;
    let order = placed();
    shop.receive(&[&order]).await;
    shop.let_pass(2).await;
    assert_eq!(shop.deadlines.keep().await.unwrap(), 0);
    assert_eq!(shop.get(&path(&order)).await["state"], "Received");
    shop.let_pass(1).await;
    assert_eq!(shop.deadlines.keep().await.unwrap(), 1);
    let ticket = shop.get(&path(&order)).await;
    assert_eq!(
        (&ticket["state"], &ticket["reason"], &ticket["possible"]),
        (&json!("Rejected"), &json!(TOO_LATE), &json!([]))
    );
    let published = shop.published_tickets().await;
    let told: Vec<_> = published
        .iter()
        .map(|ticket| (ticket.state, ticket.reason.as_deref()))
        .collect();
    assert_eq!(told, [(Received, None), (Rejected, Some(TOO_LATE))]);
    assert_eq!(shop.command(&order, "accept").await.0, StatusCode::CONFLICT);
    let history = shop.get(&format!("{}/history", path(&order))).await;
    assert_eq!(
        (&history[1]["what"], &history[1]["by"], &history[1]["reason"]),
        (&json!("Rejected"), &json!("deadline"), &json!(TOO_LATE))
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn replicas_reject_each_ticket_once() {
    let shop = Shop::new().await;
    let orders: Vec<_> = (0..450).map(|_| placed()).collect();
    shop.receive(&orders.iter().collect::<Vec<_>>()).await;
    shop.let_pass(15).await;
    let replicas: Vec<_> = (0..4)
        .map(|_| {
            let replica = Shop::replica(shop.pool.clone());
            tokio::spawn(async move { replica.deadlines.keep().await.unwrap() })
        })
        .collect();
    let mut expired = 0;
    for replica in replicas {
        expired += replica.await.unwrap();
    }
    // A replica stops when the others have locked the rest, so one more runs alone.
    expired += shop.deadlines.keep().await.unwrap();
    assert_eq!(expired, 450);
    let published = shop.published().await;
    assert_eq!(published.len(), 900);
    assert_eq!(published.iter().filter(|state| **state == Rejected).count(), 450);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn deadlines_stand_still_while_the_service_is_down() {
    let shop = Shop::new().await;
    accept_within(&shop, 1).await;
    let order = placed();
    shop.receive(&[&order]).await;
    shop.was_down(600).await;
    let restarted = Shop::replica(shop.pool.clone());
    assert_eq!(restarted.deadlines.keep().await.unwrap(), 0);
    assert_eq!(uptime::now(&shop.pool).await.unwrap(), 5_000);
    assert_eq!(shop.get(&path(&order)).await["state"], "Received");
    shop.let_pass(1).await;
    assert_eq!(restarted.deadlines.keep().await.unwrap(), 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn what_was_accepted_in_time_has_no_deadline_any_more() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    for command in ["accept", "start-cooking", "finish-cooking"] {
        shop.command(&order, command).await;
        shop.let_pass(1440).await;
        assert_eq!(shop.deadlines.keep().await.unwrap(), 0, "{command}");
    }
    let states = [Received, Accepted, CookingStarted, CookingFinished];
    assert_eq!(shop.published().await, states);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_ticket_that_somebody_is_about_to_accept_is_left_to_them() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    shop.let_pass(15).await;
    let mut accepting = fdp_storage::database::begin(&shop.pool).await.unwrap();
    sqlx::query("UPDATE tickets SET state = 'Accepted'")
        .execute(&mut *accepting)
        .await
        .unwrap();
    assert_eq!(shop.deadlines.keep().await.unwrap(), 0);
    accepting.commit().await.unwrap();
    assert_eq!(shop.deadlines.keep().await.unwrap(), 0);
    assert_eq!(shop.get(&path(&order)).await["state"], "Accepted");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_orders_of_a_closed_store_have_a_deadline_too() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    let closed = json!({"name": "우리동네 통닭", "open": false, "acceptWithinMinutes": 1});
    shop.call("PUT", "/stores/1", closed).await;
    let late = placed();
    shop.receive(&[&late]).await;
    shop.let_pass(1).await;
    assert_eq!(shop.deadlines.keep().await.unwrap(), 1);
    assert_eq!(shop.get(&path(&late)).await["state"], "Rejected");
    assert_eq!(
        shop.get(&path(&order)).await["state"],
        "Received",
        "a ticket keeps the limit with which it came in"
    );
    shop.let_pass(14).await;
    assert_eq!(shop.deadlines.keep().await.unwrap(), 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_store_that_is_not_registered_has_a_quarter_of_an_hour() {
    let shop = Shop::new().await;
    let order = OrderSnapshot {
        store_id: "unknown".into(),
        ..placed()
    };
    shop.receive(&[&order]).await;
    shop.let_pass(14).await;
    assert_eq!(shop.deadlines.keep().await.unwrap(), 0);
    shop.let_pass(1).await;
    assert_eq!(shop.deadlines.keep().await.unwrap(), 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn tickets_of_an_earlier_replica_wait_from_their_insertion_on() {
    let shop = Shop::new().await;
    shop.let_pass(100).await;
    let order = placed();
    sqlx::query(
        "INSERT INTO tickets (order_id, store_id, customer_id, lines, amount, state, placed_at, changed_at) \
         VALUES ($1, '1', '100', '[]', 1, 'Received', now(), now())",
    )
    .bind(order.order_id.to_string())
    .execute(&shop.pool)
    .await
    .unwrap();
    assert_eq!(shop.deadlines.keep().await.unwrap(), 0);
    assert_eq!(
        shop.get(&format!("{}/history", path(&order))).await,
        json!([]),
        "that replica writes no history"
    );
    shop.let_pass(15).await;
    assert_eq!(shop.deadlines.keep().await.unwrap(), 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn time_limits_are_set_kept_and_replaced() {
    let shop = Shop::new().await;
    let limits = |store: &Value| {
        (
            store["acceptWithinMinutes"].clone(),
            store["pickUpWithinMinutes"].clone(),
        )
    };
    for (method, path, body, expected) in [
        (
            "POST",
            "/stores",
            json!({"storeId": 5, "name": "분식집"}),
            (15, 15),
        ),
        (
            "POST",
            "/stores",
            json!({"storeId": 5, "name": "분식집", "acceptWithinMinutes": 1, "pickUpWithinMinutes": "1440"}),
            (1, 1440),
        ),
        (
            "POST",
            "/stores",
            json!({"storeId": 5, "name": "분식집", "acceptWithinMinutes": null, "pickUpWithinMinutes": 20}),
            (1, 20),
        ),
        (
            "PUT",
            "/stores/5",
            json!({"name": "분식집", "acceptWithinMinutes": 7}),
            (7, 15),
        ),
    ] {
        let (status, store) = shop.call(method, path, body).await;
        assert!(status.is_success(), "{store}");
        assert_eq!(limits(&store), (json!(expected.0), json!(expected.1)));
        assert_eq!(shop.get("/stores/5").await, store);
    }
    let read = shop.get("/stores/5").await;
    let (status, store) = shop.call("PUT", "/stores/5", read.clone()).await;
    assert_eq!(
        (status, &store),
        (StatusCode::OK, &read),
        "what was read can be sent back"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_time_limit_out_of_range_is_rejected_with_what_is_possible() {
    let shop = Shop::new().await;
    let before = shop.get("/stores/1").await;
    for field in ["acceptWithinMinutes", "pickUpWithinMinutes"] {
        for (value, reason) in [
            (json!(0), "give a number of minutes from 1 to 1440"),
            (json!(1441), "give a number of minutes from 1 to 1440"),
            (json!(-1), "expected a whole number"),
            (json!(1.5), "expected a whole number"),
            (json!("soon"), "whole number"),
        ] {
            let mut store = json!({"storeId": "1", "name": "x"});
            store[field] = value;
            for (method, path) in [("POST", "/stores"), ("PUT", "/stores/1")] {
                let (status, problem) = shop.call(method, path, store.clone()).await;
                assert!(status.is_client_error(), "{problem}");
                assert!(problem["detail"].as_str().unwrap().contains(reason), "{problem}");
            }
        }
    }
    assert_eq!(shop.get("/stores/1").await, before);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn cooked_food_is_published_with_the_stores_time_for_its_rider() {
    let shop = Shop::new().await;
    let order = placed();
    shop.receive(&[&order]).await;
    let store = json!({"storeId": "1", "name": "우리동네 통닭", "pickUpWithinMinutes": 40});
    shop.call("POST", "/stores", store).await;
    for command in ["accept", "start-cooking", "finish-cooking"] {
        shop.command(&order, command).await;
    }
    let published = shop.published_tickets().await;
    let told: Vec<_> = published
        .iter()
        .map(|ticket| (ticket.state, ticket.pick_up_within_minutes))
        .collect();
    assert_eq!(
        told,
        [
            (Received, None),
            (Accepted, Some(40)),
            (CookingStarted, Some(40)),
            (CookingFinished, Some(40))
        ]
    );
    assert_eq!(shop.get(&path(&order)).await["pickUpWithinMinutes"], 40);
}
