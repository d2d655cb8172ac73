//! Tests that deliveries get stuck nowhere which are there already, or which replicas of an earlier release make and change.

use crate::service::{SILENT, Service, cooking, rider};
use delivery::adapters::storage::MIGRATIONS;
use fdp_contracts::OrderId;
use fdp_storage::database;
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use std::borrow::Cow;

/// How many migrations the earlier release had.
const EARLIER: usize = 3;

/// Inserts a delivery as an earlier release does.
async fn insert(pool: &PgPool, state: &str) -> OrderId {
    let order_id = OrderId::new();
    sqlx::query(
        "INSERT INTO deliveries (order_id, delivery_id, customer_id, store_id, state, created_at, changed_at) \
         VALUES ($1, $2, '100', '1', $3, now(), now())",
    )
    .bind(order_id.to_string())
    .bind(order_id.to_string().replace("ord_", "dlv_"))
    .bind(state)
    .execute(pool)
    .await
    .unwrap();
    order_id
}

/// Updates a delivery as an earlier release does.
async fn update(pool: &PgPool, order_id: OrderId, state: &str, rider_id: Option<&str>) {
    sqlx::query("UPDATE deliveries SET state = $2, rider_id = $3, changed_at = now() WHERE order_id = $1")
        .bind(order_id.to_string())
        .bind(state)
        .bind(rider_id)
        .execute(pool)
        .await
        .unwrap();
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn deliveries_under_way_at_the_upgrade_are_offered_and_begin_to_wait_then() {
    let earlier = Migrator {
        migrations: Cow::Owned(MIGRATIONS.iter().take(EARLIER).cloned().collect()),
        ..Migrator::DEFAULT
    };
    let pool = fdp_test_database::migrated(&earlier).await.unwrap();
    let requested = insert(&pool, "Requested").await;
    let taken = insert(&pool, "Ready").await;
    update(&pool, taken, "Ready", Some("lee")).await;
    let ended = insert(&pool, "Cancelled").await;
    sqlx::query("UPDATE uptime SET passed_ms = 100000000")
        .execute(&pool)
        .await
        .unwrap();
    database::migrate(&pool, &MIGRATIONS).await.unwrap();
    let service = Service::on(pool);
    for (order_id, offered) in [(requested, true), (taken, true), (ended, false)] {
        let delivery = service.get(&format!("/deliveries/{order_id}")).await;
        assert_eq!(delivery["offeredAt"].is_string(), offered, "{delivery}");
    }
    let (status, body) = service
        .post_as(&rider("kim"), requested, "assign", json!({}))
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(service.deadlines.release_overdue().await.unwrap(), 0);
    service.pass(SILENT).await;
    assert_eq!(service.deadlines.release_overdue().await.unwrap(), 2);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn what_an_earlier_release_did_not_offer_is_offered_when_the_food_is_ready_at_the_latest() {
    let service = Service::new().await;
    let kim = rider("kim");
    let ready = insert(&service.pool, "Ready").await;
    let got_ready = insert(&service.pool, "Requested").await;
    let cooks = insert(&service.pool, "Requested").await;
    let (status, _) = service.post_as(&kim, got_ready, "assign", json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    update(&service.pool, got_ready, "Ready", None).await;
    service.receive(&[cooking(cooks)]).await;
    for order_id in [ready, got_ready, cooks] {
        let (status, body) = service.post_as(&kim, order_id, "assign", json!({})).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(body["offeredAt"].is_string(), "{body}");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_rider_who_took_a_delivery_on_in_an_earlier_release_has_deadlines_too() {
    let service = Service::new().await;
    let order_id = insert(&service.pool, "Ready").await;
    service.pass(SILENT).await;
    update(&service.pool, order_id, "Ready", Some("kim")).await;
    assert_eq!(service.deadlines.release_overdue().await.unwrap(), 0);
    service.pass(SILENT).await;
    assert_eq!(service.deadlines.release_overdue().await.unwrap(), 1);
    let delivery = service.get(&format!("/deliveries/{order_id}")).await;
    assert_eq!(delivery["riderId"], Value::Null);
}
