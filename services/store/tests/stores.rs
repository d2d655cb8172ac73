//! Tests stores and menus over HTTP, in a real database.

mod shop;

use http::StatusCode;
use serde_json::{Value, json};
use shop::Shop;
use std::time::Duration;

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn stores_are_registered_and_renamed() {
    let shop = Shop::new().await;
    for (store, status) in [
        (json!({"storeId": 2, "name": "분식집"}), StatusCode::CREATED),
        (json!({"storeId": "2", "name": "새 분식집"}), StatusCode::OK),
    ] {
        assert_eq!(shop.call("POST", "/stores", store).await.0, status);
    }
    let stores = shop.get("/stores").await;
    let second = json!({"storeId": "2", "name": "새 분식집", "open": true, "openNow": true});
    assert_eq!((stores.as_array().map(Vec::len), &stores[1]), (Some(2), &second));
    assert_eq!(shop.get("/stores/2").await, second);
    assert_eq!(shop.get("/stores?limit=1&after=1").await, json!([second]));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn renaming_a_store_keeps_its_opening_hours() {
    let shop = Shop::new().await;
    let hours = json!({"opensAt": "09:30", "closesAt": "02:00"});
    let store = json!({"name": "분식집", "open": false, "hours": hours});
    let (status, body) = shop.call("PUT", "/stores/2", store).await;
    assert_eq!((status, &body["hours"]), (StatusCode::CREATED, &hours), "{body}");
    assert_eq!((&body["open"], &body["openNow"]), (&json!(false), &json!(false)));
    shop.call("POST", "/stores", json!({"storeId": 2, "name": "새 분식집"}))
        .await;
    let renamed = shop.get("/stores/2").await;
    assert_eq!(
        (&renamed["name"], &renamed["hours"]),
        (&json!("새 분식집"), &hours)
    );
    let day_and_night = json!({"name": "분식집", "hours": {"opensAt": "00:00", "closesAt": "00:00"}});
    let (status, body) = shop.call("PUT", "/stores/2", day_and_night).await;
    assert_eq!((status, &body["openNow"]), (StatusCode::OK, &json!(true)));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_invalid_time_and_a_missing_name_are_rejected_with_a_reason() {
    let shop = Shop::new().await;
    let late = json!({"name": "x", "hours": {"opensAt": "25:00", "closesAt": "02:00"}});
    for (store, reason) in [(late, "'25:00' is no time"), (json!({}), "name is missing")] {
        let (status, problem) = shop.call("PUT", "/stores/2", store).await;
        assert!(status.is_client_error(), "{problem}");
        assert!(problem["detail"].to_string().contains(reason), "{problem}");
    }
    assert_eq!(
        shop.call("GET", "/stores/2", Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_menu_is_replaced_as_a_whole_and_keeps_its_owners_order() {
    let shop = Shop::new().await;
    let menu = json!([
        {"itemId": "z", "name": "떡볶이", "price": 7000, "available": true},
        {"itemId": "a", "name": "김밥", "price": 3000, "available": false},
    ]);
    for menu in [menu, json!([])] {
        let (status, body) = shop.call("PUT", "/stores/1/menu", menu.clone()).await;
        assert_eq!((status, &body), (StatusCode::OK, &menu));
        assert_eq!(shop.get("/stores/1/menu").await, menu);
    }
    let short = json!([{"itemId": 7, "name": "만두", "price": "8000"}]);
    shop.call("PUT", "/stores/1/menu", short).await;
    let read = json!([{"itemId": "7", "name": "만두", "price": 8000, "available": true}]);
    assert_eq!(shop.get("/stores/1/menu").await, read);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_menu_with_a_duplicate_item_or_of_an_unknown_store_is_rejected() {
    let shop = Shop::new().await;
    let before = shop.get("/stores/1/menu").await;
    let item = json!({"itemId": "a", "name": "김밥", "price": 3000});
    let (status, problem) = shop.call("PUT", "/stores/1/menu", json!([item, item])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    assert_eq!(shop.get("/stores/1/menu").await, before);
    let (status, problem) = shop.call("PUT", "/stores/9/menu", json!([item])).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{problem}");
    assert_eq!(
        shop.call("GET", "/stores/9/menu", Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn ids_and_names_have_at_most_200_characters_in_path_and_body() {
    let shop = Shop::new().await;
    let (fits, long) = ("통".repeat(200), "x".repeat(201));
    let (status, _) = shop
        .call("POST", "/stores", json!({"storeId": fits, "name": fits}))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let item = |id: &str, name: &str| json!([{"itemId": id, "name": name, "price": 1}]);
    for (method, path, body, field) in [
        (
            "POST",
            "/stores",
            json!({"storeId": long, "name": "x"}),
            "storeId",
        ),
        ("POST", "/stores", json!({"storeId": "1", "name": long}), "name"),
        ("PUT", "/stores/1", json!({"name": long}), "name"),
        (
            "PUT",
            &*format!("/stores/{long}"),
            json!({"name": "x"}),
            "storeId",
        ),
        ("GET", &format!("/stores/{long}"), Value::Null, "storeId"),
        ("GET", &format!("/stores/{long}/menu"), Value::Null, "storeId"),
        ("GET", &format!("/stores/{long}/tickets"), Value::Null, "storeId"),
        (
            "GET",
            &format!("/stores/{long}/tickets/events"),
            Value::Null,
            "storeId",
        ),
        ("PUT", "/stores/1/menu", item(&long, "x"), "itemId"),
        ("PUT", "/stores/1/menu", item("x", &long), "name"),
    ] {
        let (status, problem) = shop.call(method, path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        let expected = format!("{field} is longer than 200 characters");
        assert!(
            problem["detail"].as_str().unwrap().contains(&expected),
            "{problem}"
        );
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_replica_still_reads_after_a_later_version_added_a_column() {
    let shop = Shop::new().await;
    let reads = || async {
        shop.get("/stores").await;
        shop.get("/stores/1").await;
        shop.autopilot.advance(Duration::ZERO).await.unwrap();
    };
    reads().await;
    shop.add_column("stores").await;
    reads().await;
}
