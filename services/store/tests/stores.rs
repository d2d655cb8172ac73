//! Tests stores and menus over HTTP, in a real database.
#![expect(clippy::unwrap_used, reason = "a failed helper fails its test")]

mod shop;

use fdp_contracts::{CloudEvent, Event, StoreSnapshot, topic};
use fdp_storage::Outbox;
use http::StatusCode;
use serde_json::{Value, json};
use shop::Shop;
use std::time::Duration;
use store::adapters::storage::{PgStoreRepository, announce_all_again};
use store::application::ports::StoreRepository as _;

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn stores_are_registered_and_renamed() {
    let shop = Shop::new().await;
    for (store, status) in [
        (json!({"storeId": 5, "name": "분식집"}), StatusCode::CREATED),
        (json!({"storeId": "5", "name": "새 분식집"}), StatusCode::OK),
    ] {
        assert_eq!(shop.call("POST", "/stores", store).await.0, status);
    }
    let stores = shop.get("/stores").await;
    let third = json!({
        "storeId": "5", "name": "새 분식집", "open": true, "openNow": true,
        "minimumOrder": 0, "deliveryFee": 0, "acceptWithinMinutes": 15, "pickUpWithinMinutes": 15
    });
    assert_eq!((stores.as_array().map(Vec::len), &stores[2]), (Some(3), &third));
    assert_eq!(shop.get("/stores/5").await, third);
    assert_eq!(shop.get("/stores?limit=1&after=2").await, json!([third]));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn renaming_a_store_keeps_its_opening_hours() {
    let shop = Shop::new().await;
    let hours = json!({"opensAt": "09:30", "closesAt": "02:00", "timeZone": "Europe/Lisbon"});
    let store = json!({"name": "분식집", "open": false, "hours": hours});
    let (status, body) = shop.call("PUT", "/stores/5", store).await;
    assert_eq!((status, &body["hours"]), (StatusCode::CREATED, &hours), "{body}");
    assert_eq!((&body["open"], &body["openNow"]), (&json!(false), &json!(false)));
    shop.call("POST", "/stores", json!({"storeId": 5, "name": "새 분식집"}))
        .await;
    let renamed = shop.get("/stores/5").await;
    assert_eq!(
        (&renamed["name"], &renamed["hours"]),
        (&json!("새 분식집"), &hours)
    );
    let day_and_night = json!({"name": "분식집", "hours": {"opensAt": "00:00", "closesAt": "00:00"}});
    let (status, body) = shop.call("PUT", "/stores/5", day_and_night).await;
    assert_eq!((status, &body["openNow"]), (StatusCode::OK, &json!(true)));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_invalid_time_and_a_missing_name_are_rejected_with_a_reason() {
    let shop = Shop::new().await;
    let late = json!({"name": "x", "hours": {"opensAt": "25:00", "closesAt": "02:00"}});
    let nowhere = json!({"opensAt": "09:30", "closesAt": "02:00", "timeZone": "Mars/Olympus"});
    for (store, reason) in [
        (late, "'25:00' is no time"),
        (
            json!({"name": "x", "hours": nowhere}),
            "'Mars/Olympus' is no time zone",
        ),
        (json!({}), "name is missing"),
    ] {
        let (status, problem) = shop.call("PUT", "/stores/5", store).await;
        assert!(status.is_client_error(), "{problem}");
        assert!(problem["detail"].to_string().contains(reason), "{problem}");
    }
    assert_eq!(
        shop.call("GET", "/stores/5", Value::Null).await.0,
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
async fn a_menu_that_cannot_be_ordered_from_is_rejected_with_the_reason() {
    let shop = Shop::new().await;
    let before = shop.get("/stores/1/menu").await;
    let item = |id: &str, name: &str, english: &str| json!({"itemId": id, "name": name, "nameInEnglish": english, "price": 3000});
    let long = "통".repeat(200);
    let huge: Vec<Value> = (0..500)
        .map(|number| {
            let mut item = item(
                &number.to_string(),
                &format!("{number} 김밥"),
                &format!("gimbap {number}"),
            );
            item["description"] = json!(long);
            item["descriptionInEnglish"] = json!(long);
            item
        })
        .collect();
    for (menu, reason) in [
        (
            json!([item("a", "김밥", "gimbap"), item("b", "김밥", "rice")]),
            "'김밥' names two items",
        ),
        (
            json!([item("a", "김밥", "Rice"), item("b", "주먹밥", "rice")]),
            "'rice' names two items",
        ),
        (
            json!([item("a", "김밥", "gimbap"), item("b", "A", "rice")]),
            "'A' names two items",
        ),
        (
            json!([{"itemId": "a", "name": "김밥", "price": 1, "spicy": true}]),
            "unknown field `spicy`",
        ),
        (json!([["a", "김밥", 1]]), "a JSON object"),
        (
            json!([item("a", "김\u{200b}밥", "gimbap")]),
            "name holds an invisible character",
        ),
        (json!(huge), "a menu holds at most 400000"),
    ] {
        let (status, problem) = shop.call("PUT", "/stores/1/menu", menu).await;
        assert!(status.is_client_error(), "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains(reason),
            "{reason}: {problem}"
        );
    }
    assert_eq!(shop.get("/stores/1/menu").await, before);
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

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_store_has_terms_for_its_orders_which_are_announced() {
    let shop = Shop::new().await;
    let until = "2999-05-05T12:00:00Z";
    let store = json!({
        "name": "분식집", "minimumOrder": "12000", "deliveryFee": 3000, "pausedUntil": until
    });
    let (status, body) = shop.call("PUT", "/stores/7", store).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let told = [
        &body["minimumOrder"],
        &body["deliveryFee"],
        &body["pausedUntil"],
        &body["openNow"],
    ];
    assert_eq!(told, [&json!(12000), &json!(3000), &json!(until), &json!(false)]);
    let menu = json!([{"itemId": "a", "name": "김밥", "price": 3000, "soldOutUntil": until}]);
    let (status, menu) = shop.call("PUT", "/stores/7/menu", menu).await;
    assert_eq!(
        (status, &menu[0]["soldOutUntil"]),
        (StatusCode::OK, &json!(until))
    );
    let (status, _) = shop.call("PUT", "/stores/7", shop.get("/stores/7").await).await;
    assert_eq!(status, StatusCode::OK, "what was read can be sent back");
    let announced = announced(&shop).await;
    let last = announced.last().unwrap();
    let until = Some(until.parse().unwrap());
    assert_eq!(
        (last.minimum_order, last.delivery_fee, last.paused_until),
        (12_000, 3_000, until)
    );
    assert_eq!(last.menu[0].sold_out_until, until);
    assert!(announced.is_sorted_by(|one, next| one.version < next.version));
    for field in ["minimumOrder", "deliveryFee"] {
        let much = json!({"name": "분식집", field: 10_000_001});
        let (status, problem) = shop.call("PUT", "/stores/7", much).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let expected = format!("{field} is 10000001; give an amount from 0 to 10000000 won");
        assert_eq!(problem["detail"], expected);
    }
}

/// The snapshots of stores that were announced and not published yet, the oldest first.
async fn announced(shop: &Shop) -> Vec<StoreSnapshot> {
    let payloads: Vec<sqlx::types::Json<CloudEvent>> =
        sqlx::query_scalar("SELECT payload FROM outbox ORDER BY seq")
            .fetch_all(&shop.pool)
            .await
            .unwrap();
    let events = payloads.iter().map(|payload| payload.event().unwrap());
    events
        .filter_map(|event| match event {
            Event::Store(store) => Some(store),
            _ => None,
        })
        .collect()
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn every_change_of_a_store_is_announced_with_its_whole_menu() {
    let shop = Shop::new().await;
    let hours = json!({"opensAt": "09:30", "closesAt": "02:00"});
    shop.call("PUT", "/stores/7", json!({"name": "분식집", "hours": hours}))
        .await;
    let menu = json!([
        {"itemId": "a", "name": "김밥", "nameInEnglish": "gimbap", "price": 3000},
        {"itemId": "b", "name": "만두", "price": 8000, "available": false},
    ]);
    shop.call("PUT", "/stores/7/menu", menu).await;
    shop.call("POST", "/stores", json!({"storeId": 7, "name": "새 분식집"}))
        .await;
    let announced = announced(&shop).await;
    let names: Vec<_> = announced.iter().map(|store| store.name.as_str()).collect();
    assert_eq!(names, ["분식집", "분식집", "새 분식집"]);
    assert!(
        announced.is_sorted_by(|one, next| one.version < next.version),
        "{announced:?}"
    );
    let last = announced.last().unwrap();
    let told: Vec<_> = last
        .menu
        .iter()
        .map(|item| {
            (
                item.item_id.as_str(),
                item.name_in_english.as_deref(),
                item.price,
                item.available,
            )
        })
        .collect();
    assert_eq!(
        told,
        [("a", Some("gimbap"), 3000, true), ("b", None, 8000, false)]
    );
    let hours = last.hours.as_ref().unwrap();
    assert_eq!(
        (
            hours.opens_at.as_str(),
            hours.closes_at.as_str(),
            hours.time_zone.as_str()
        ),
        ("09:30", "02:00", "Asia/Seoul")
    );
    let refused = json!([{"itemId": "a", "name": "김밥", "price": 1}]);
    shop.call("PUT", "/stores/9/menu", refused).await;
    assert_eq!(
        announced.len(),
        self::announced(&shop).await.len(),
        "there is no store 9"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn what_was_there_before_is_announced_once_by_all_replicas_together() {
    let shop = Shop::new().await;
    let repository = || PgStoreRepository::new(shop.pool.clone(), Outbox::new("store", topic::MENU));
    let (one, other) = (repository(), repository());
    let (one, other) = tokio::join!(one.announce_due(1), other.announce_due(1));
    assert_eq!(
        one.unwrap() + other.unwrap(),
        2,
        "the two stores of a new platform"
    );
    let mut stores = announced(&shop).await;
    stores.sort_by(|one, other| one.store_id.cmp(&other.store_id));
    let dishes: Vec<Vec<_>> = stores
        .iter()
        .map(|store| store.menu.iter().take(2).map(|item| item.name.as_str()).collect())
        .collect();
    assert_eq!(dishes, [["통닭", "비빔밥"], ["피자", "통닭"]]);
    assert_eq!(repository().announce_due(50).await.unwrap(), 0);
    assert_eq!(announced(&shop).await.len(), 2);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn what_a_replica_of_an_earlier_release_changes_is_announced_too() {
    let shop = Shop::new().await;
    let repository = PgStoreRepository::new(shop.pool.clone(), Outbox::new("store", topic::MENU));
    repository.announce_due(50).await.unwrap();
    for statement in [
        "INSERT INTO stores (store_id, name) VALUES ('3', '분식집')",
        "UPDATE stores SET is_open = false WHERE store_id = '1'",
        "DELETE FROM menu_items WHERE store_id = '2' AND item_id = 'pasta'",
    ] {
        sqlx::query(statement).execute(&shop.pool).await.unwrap();
    }
    assert_eq!(repository.announce_due(50).await.unwrap(), 3);
    let announced = announced(&shop).await;
    let last = |id: &str| announced.iter().rfind(|store| store.store_id == id).unwrap();
    assert!(!last("1").open && last("3").menu.is_empty());
    assert_eq!(last("2").menu.len(), 2);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_store_in_another_time_zone_is_announced_with_it() {
    let shop = Shop::new().await;
    let put = async |zone: &str| {
        let hours = json!({"opensAt": "09:30", "closesAt": "02:00", "timeZone": zone});
        shop.call("PUT", "/stores/7", json!({"name": "Cervejaria", "hours": hours}))
            .await
    };
    put("Asia/Seoul").await;
    put("Europe/Lisbon").await;
    let announced = announced(&shop).await;
    let zones: Vec<_> = announced
        .iter()
        .filter_map(|store| Some(store.hours.as_ref()?.time_zone.as_str()))
        .collect();
    assert_eq!(zones, ["Asia/Seoul", "Europe/Lisbon"]);
    assert!(announced[0].version < announced[1].version, "{announced:?}");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn all_stores_can_be_announced_again() {
    let shop = Shop::new().await;
    let repository = PgStoreRepository::new(shop.pool.clone(), Outbox::new("store", topic::MENU));
    assert_eq!(repository.announce_due(50).await.unwrap(), 2, "the seeds");
    assert_eq!(repository.announce_due(50).await.unwrap(), 0);
    assert_eq!(announce_all_again(&shop.pool).await.unwrap(), 2);
    assert_eq!(repository.announce_due(50).await.unwrap(), 2);
    let told: Vec<_> = announced(&shop)
        .await
        .into_iter()
        .map(|store| (store.store_id, store.menu.len()))
        .collect();
    let both = [("1".to_owned(), 6), ("2".to_owned(), 3)];
    assert_eq!(told, [both.clone(), both].concat());
}
