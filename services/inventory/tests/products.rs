//! Tests products over HTTP, in a real database.

mod shelf;

use fdp_contracts::{Event, OrderState};
use fdp_http::Caller;
use fdp_http::caller::{Person, Role};
use http::StatusCode;
use serde_json::{Value, json};
use shelf::{Shelf, order};

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_product_that_there_is_changes_only_from_the_version_that_was_read() {
    let shelf = Shelf::empty().await;
    let tv = json!({"productId": 1001, "productName": "TV", "stock": "10", "unitPrice": "9000"});
    let (status, product) = shelf.call("POST", "/inventories", None, tv.clone()).await;
    assert_eq!(
        (status, &product["unitPrice"], &product["storeId"]),
        (StatusCode::CREATED, &json!(9000), &json!("1"))
    );
    let (status, problem) = shelf.call("POST", "/inventories", None, tv).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");

    let read = shelf.tag("1001").await;
    shelf
        .receive(&[(OrderState::Placed, &order(&[("1001", 4)]))])
        .await;
    let large = json!({"productId": "1001", "productName": "Large TV"});
    let (status, problem) = shelf.change(&read, large.clone()).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{problem}");
    let now = shelf.tag("1001").await;
    let (status, product) = shelf.change(&now, large).await;
    assert_eq!(status, StatusCode::OK, "{product}");
    assert_eq!(
        (&product["productName"], &product["stock"], &product["unitPrice"]),
        (&json!("Large TV"), &json!(6), &json!(9000))
    );
    assert_eq!(
        shelf.call("GET", "/inventories/1001", None, Value::Null).await.1,
        product
    );

    let now = shelf.tag("1001").await;
    let mut changed = product;
    changed["unitPrice"] = json!(8000);
    changed["stock"] = json!(10);
    let (status, problem) = shelf.change(&now, changed.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    changed["stock"] = json!(6);
    let (status, product) = shelf.change(&now, changed).await;
    assert_eq!((status, &product["unitPrice"]), (StatusCode::OK, &json!(8000)));
    let (status, problem) = shelf
        .change("\"1\"", json!({"productId": "2002", "productName": "Radio"}))
        .await;
    assert_eq!(
        status,
        StatusCode::PRECONDITION_FAILED,
        "there is none: {problem}"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_owner_changes_the_products_of_the_own_stores_only() {
    let shelf = Shelf::with(5).await;
    let person = |stores: &[&str]| {
        Caller::Person(Person {
            subject: "kim".to_owned(),
            roles: [Role::Owner].into(),
            stores: stores.iter().map(|store| (*store).to_owned()).collect(),
        })
    };
    let radio = |store: Option<&str>| json!({"productId": "2002", "productName": "Radio", "storeId": store});
    let mine = json!({"productId": "1001", "productName": "mine"});
    for (caller, path, body, expected) in [
        (person(&["2"]), "/inventories", mine, StatusCode::FORBIDDEN),
        (
            person(&["2"]),
            "/inventories/1001/restock",
            json!({"qty": 1}),
            StatusCode::FORBIDDEN,
        ),
        (person(&[]), "/inventories", radio(None), StatusCode::BAD_REQUEST),
        (
            person(&["2", "3"]),
            "/inventories",
            radio(None),
            StatusCode::BAD_REQUEST,
        ),
        (
            person(&["2"]),
            "/inventories",
            radio(Some("3")),
            StatusCode::FORBIDDEN,
        ),
        (person(&["2"]), "/inventories", radio(None), StatusCode::CREATED),
        (
            person(&["2"]),
            "/inventories/2002/restock",
            json!({"qty": "3"}),
            StatusCode::OK,
        ),
    ] {
        let (status, answer) = shelf.call_as(&caller, path, body).await;
        assert_eq!(status, expected, "{answer}");
    }
    let (_, radio) = shelf.call("GET", "/inventories/2002", None, Value::Null).await;
    assert_eq!((&radio["storeId"], &radio["stock"]), (&json!("2"), &json!(3)));
    assert_eq!(shelf.stock("1001").await, 5);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_product_without_a_price_has_no_price_field() {
    let shelf = Shelf::with(5).await;
    let (_, product) = shelf.call("GET", "/inventories/1001", None, Value::Null).await;
    assert_eq!(product.get("unitPrice"), None);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn concurrent_first_registrations_make_one_product() {
    let shelf = Shelf::empty().await;
    let body = || json!({"productId": "a", "productName": "TV", "stock": 1});
    let register = || shelf.call("POST", "/inventories", None, body());
    let (one, two, three) = tokio::join!(register(), register(), register());
    let mut answers = [one.0, two.0, three.0];
    answers.sort();
    assert_eq!(
        answers,
        [StatusCode::CREATED, StatusCode::CONFLICT, StatusCode::CONFLICT]
    );
    assert_eq!(shelf.published().await.len(), 1);
    assert_eq!(shelf.stock("a").await, 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_restock_adds_to_the_stock_and_with_a_key_only_once() {
    let shelf = Shelf::with(5).await;
    let restock = "/inventories/1001/restock";
    for (key, qty, stock) in [
        (None, 2, 7),
        (None, 2, 9),
        (Some("lorry-1"), 10, 19),
        (Some("lorry-1"), 10, 19),
        (Some("lorry-2"), 10, 29),
        (None, -4, 25),
    ] {
        let (status, product) = shelf.call("POST", restock, key, json!({"qty": qty})).await;
        assert_eq!(
            (status, &product["stock"]),
            (StatusCode::OK, &json!(stock)),
            "{key:?}"
        );
    }
    assert_eq!(
        shelf.published().await.len(),
        6,
        "a repeated restock publishes nothing"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_key_that_is_reused_with_another_qty_is_rejected_and_adds_nothing() {
    let shelf = Shelf::with(5).await;
    let restock = "/inventories/1001/restock";
    let (status, _) = shelf
        .call("POST", restock, Some("lorry-1"), json!({"qty": 2}))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, problem) = shelf
        .call("POST", restock, Some("lorry-1"), json!({"qty": 3}))
        .await;
    assert_eq!(
        (status, &problem["type"]),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!("urn:fooddelivery:problem:idempotency-key-reused")
        ),
        "{problem}"
    );
    assert_eq!(shelf.stock("1001").await, 7);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_invalid_key_is_rejected_and_adds_nothing() {
    let shelf = Shelf::with(5).await;
    let restock = "/inventories/1001/restock";
    let (status, problem) = shelf
        .call("POST", restock, Some("lorry 1"), json!({"qty": 2}))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    assert_eq!(shelf.stock("1001").await, 5);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn ids_and_names_have_at_most_200_characters_in_path_and_body() {
    let shelf = Shelf::with(5).await;
    let product = |id: &str, name: &str| json!({"productId": id, "productName": name, "stock": 1});
    let (fits, long) = ("통".repeat(200), "x".repeat(201));
    let (status, _) = shelf
        .call("POST", "/inventories", None, product(&fits, &fits))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    for (method, path, body, field) in [
        ("POST", "/inventories", product(&long, "TV"), "productId"),
        ("POST", "/inventories", product("1001", &long), "productName"),
        ("GET", &*format!("/inventories/{long}"), Value::Null, "productId"),
        (
            "POST",
            &format!("/inventories/{long}/restock"),
            json!({"qty": 1}),
            "productId",
        ),
    ] {
        let (status, problem) = shelf.call(method, path, None, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        let expected = format!("{field} is longer than 200 characters");
        assert!(
            problem["detail"].as_str().unwrap().contains(&expected),
            "{problem}"
        );
    }
    assert_eq!(shelf.published().await.len(), 2);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_replica_still_reads_after_a_later_version_added_a_column() {
    let shelf = Shelf::with(5).await;
    let read = || async {
        shelf.stock("1001").await;
        shelf.call("GET", "/inventories", None, Value::Null).await.0
    };
    assert_eq!(read().await, StatusCode::OK);
    shelf.add_column("products").await;
    assert_eq!(read().await, StatusCode::OK);
    shelf
        .receive(&[(OrderState::Placed, &order(&[("1001", 1)]))])
        .await;
    shelf.add_column("reservations").await;
    shelf
        .receive(&[(OrderState::Placed, &order(&[("1001", 1)]))])
        .await;
    assert_eq!(shelf.stock("1001").await, 3);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_restock_of_zero_of_more_than_there_are_or_of_an_unknown_product_is_rejected() {
    let shelf = Shelf::with(5).await;
    for (path, qty, expected) in [
        ("/inventories/1001/restock", 0, StatusCode::BAD_REQUEST),
        ("/inventories/1001/restock", -6, StatusCode::CONFLICT),
        ("/inventories/2002/restock", 1, StatusCode::NOT_FOUND),
    ] {
        let (status, problem) = shelf.call("POST", path, None, json!({"qty": qty})).await;
        assert_eq!(status, expected, "{problem}");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn products_are_listed_page_by_page() {
    let shelf = Shelf::empty().await;
    for product_id in ["b", "a", "B", "c"] {
        shelf.register(product_id, 1).await;
    }
    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/inventories?limit=3&after={after}");
        let (_, page) = shelf.call("GET", &path, None, Value::Null).await;
        let ids: Vec<_> = page
            .as_array()
            .unwrap()
            .iter()
            .map(|product| product["productId"].to_string())
            .collect();
        let Some(last) = ids.last() else {
            break;
        };
        after = last.trim_matches('"').to_owned();
        listed.extend(ids);
    }
    assert_eq!(listed, [r#""B""#, r#""a""#, r#""b""#, r#""c""#]);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn text_that_the_database_cannot_store_is_a_bad_request() {
    let shelf = Shelf::with(5).await;
    for (method, path, body) in [
        ("GET", "/inventories/%00", Value::Null),
        (
            "POST",
            "/inventories",
            json!({"productId": "a\u{0}", "productName": "TV", "stock": 1}),
        ),
    ] {
        let (status, problem) = shelf.call(method, path, None, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn all_products_can_be_announced_again() {
    let shelf = Shelf::empty().await;
    // More than one transaction announces.
    let ids: Vec<_> = (0..101).map(|number| format!("{number:03}")).collect();
    for id in &ids {
        shelf.register(id, 1).await;
    }
    let before = shelf.published().await;
    assert_eq!(shelf.announce().await, 101);
    let told = &shelf.published().await[before.len()..];
    let same = told.iter().map(|event| match event {
        Event::Product(product) => product.product_id.as_str(),
        _ => "something else",
    });
    assert!(same.eq(ids.iter().map(String::as_str)), "{told:?}");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_products_of_one_store_are_listed_alone() {
    let shelf = Shelf::empty().await;
    for (product_id, store_id) in [("a", "1"), ("b", "2"), ("c", "1"), ("d", "1")] {
        let product = json!({"productId": product_id, "storeId": store_id, "productName": "TV"});
        let (status, body) = shelf.call("POST", "/inventories", None, product).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
    }
    for (query, expected) in [
        ("storeId=1", &["a", "c", "d"][..]),
        ("storeId=1&after=a&limit=1", &["c"]),
        ("storeId=2", &["b"]),
        ("storeId=9", &[]),
    ] {
        let (_, listed) = shelf
            .call("GET", &format!("/inventories?{query}"), None, Value::Null)
            .await;
        let ids: Vec<_> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|product| &product["productId"])
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
}
