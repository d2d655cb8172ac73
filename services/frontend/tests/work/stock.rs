//! Tests the pages of a store's products.

use crate::world::{Work, owner, store};
use fdp_http::idempotency::IDEMPOTENCY_KEY;
use http::StatusCode;
use serde_json::{Value, json};

const PATH: &str = "/work/stores/1/stock";

fn television() -> Value {
    json!({"productId": "1001", "storeId": "1", "productName": "TV", "stock": 5, "unitPrice": 300_000,
        "changedAt": "2026-05-05T03:00:00Z"})
}

async fn store_with_products() -> Work {
    let work = Work::new().await;
    work.services.answer("GET /stores/1", store());
    work.services
        .answer("GET /inventories?storeId=1", json!([television()]));
    work.services.answer("GET /inventories/1001", television());
    work
}

/// The value of the first hidden field of this name on a page.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn stock_moves_by_what_came_in_or_is_gone_and_once_however_often_it_is_sent() {
    let work = store_with_products().await;
    let (status, page) = work.page(&owner(), PATH, "ko").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(
        page.contains("재고 <b>5</b>개") && page.contains("₩300,000"),
        "{page}"
    );
    let key = hidden(&page, "key").to_owned();
    work.services
        .refuse("POST /inventories", StatusCode::SERVICE_UNAVAILABLE, "not-ready");
    let form = format!("product=1001&command=move&qty=-2&key={key}");
    let (status, page) = work.submit(&owner(), PATH, &form, "ko").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.contains("value=\"-2\""), "{page}");
    assert_eq!(hidden(&page, "key"), key, "it may have been done");
    work.services.answer("POST /inventories", television());
    let (status, location) = work.submit(&owner(), PATH, &form, "ko").await;
    assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, PATH));
    for asked in work.services.changes() {
        assert_eq!(asked.what, "POST /inventories/1001/restock");
        assert_eq!(asked.body, json!({"qty": -2}));
        assert_eq!(asked.headers[IDEMPOTENCY_KEY], key);
        assert_eq!(asked.person().subject, "park");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_stock_that_cannot_be_moved_is_named_and_stays_typed() {
    let work = store_with_products().await;
    for qty in ["0", "", "many"] {
        let form = format!("product=1001&command=move&qty={qty}&key=k");
        let (status, page) = work.submit(&owner(), PATH, &form, "ko").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("0은 안 돼요"), "{page}");
    }
    assert!(work.services.changes().is_empty());
    work.services
        .refuse("POST /inventories", StatusCode::CONFLICT, "too-few");
    for (language, sentence) in [
        ("ko", "재고가 그만큼 없어요"),
        ("en", "There are fewer than that"),
    ] {
        let form = "product=1001&command=move&qty=-9&key=k";
        let (status, page) = work.submit(&owner(), PATH, form, language).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(page.contains(sentence) && page.contains("value=\"-9\""), "{page}");
        assert_ne!(hidden(&page, "key"), "k", "the next one is another one");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_product_is_added_for_this_store_and_what_was_typed_stays_if_it_is_there_already() {
    let work = store_with_products().await;
    work.services.answer("POST /inventories", television());
    let form = "command=add&name=Radio&price=25%2C000&stock=3&product=1002";
    assert_eq!(
        work.submit(&owner(), PATH, form, "ko").await.0,
        StatusCode::SEE_OTHER
    );
    let expected =
        json!({"productId": "1002", "storeId": "1", "productName": "Radio", "unitPrice": 25_000, "stock": 3});
    assert_eq!(work.services.asked("POST /inventories").body, expected);
    work.services
        .refuse("POST /inventories", StatusCode::CONFLICT, "product-exists");
    let (status, page) = work.submit(&owner(), PATH, form, "ko").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        page.contains("같은 번호의 상품이") && page.contains("value=\"Radio\""),
        "{page}"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_product_that_was_changed_elsewhere_is_changed_only_after_its_owner_has_read_so() {
    let work = store_with_products().await;
    let path = format!("{PATH}/1001");
    let (status, page) = work.page(&owner(), &path, "ko").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("value=\"300000\""), "{page}");
    work.services.refuse(
        "POST /inventories",
        StatusCode::PRECONDITION_FAILED,
        "product-changed",
    );
    let form = "version=%22v0%22&name=Television&price=310%2C000";
    for (language, sentence) in [
        ("ko", "그사이 상품이 바뀌었어요"),
        ("en", "has changed meanwhile"),
    ] {
        let (status, page) = work.submit(&owner(), &path, form, language).await;
        assert_eq!(status, StatusCode::PRECONDITION_FAILED);
        assert!(
            page.contains(sentence) && page.contains("value=\"Television\""),
            "{page}"
        );
        assert_eq!(
            hidden(&page, "version"),
            "&#34;v1&#34;",
            "the version as it is now"
        );
    }
    work.services.answer("POST /inventories", television());
    let form = "version=%22v1%22&name=Television&price=310%2C000";
    let (status, location) = work.submit(&owner(), &path, form, "ko").await;
    assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, PATH));
    let asked = work.services.changes().pop().unwrap();
    assert_eq!(asked.headers["if-match"], "\"v1\"");
    let expected =
        json!({"productId": "1001", "storeId": "1", "productName": "Television", "unitPrice": 310_000});
    assert_eq!(asked.body, expected);
}
