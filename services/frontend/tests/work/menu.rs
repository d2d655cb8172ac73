//! Tests the page of a store's menu.

use crate::world::{Work, owner, person, store};
use fdp_http::caller::Role;
use http::StatusCode;
use serde_json::{Value, json};

const PATH: &str = "/work/stores/1/menu";

fn chicken() -> Value {
    json!({"itemId": "chicken", "name": "통닭", "nameInEnglish": "Chicken", "price": 18_000, "available": true,
        "options": ["spicy"]})
}

fn pizza() -> Value {
    json!({"itemId": "pizza", "name": "피자", "price": 20_000, "available": false})
}

async fn store_with_a_menu() -> Work {
    let work = Work::new().await;
    work.services.answer("GET /stores/1", store());
    work.services
        .answer("GET /stores/1/menu", json!([chicken(), pizza()]));
    work.services.answer("PUT /stores/1/menu", json!([]));
    work
}

/// The menu that was sent last.
fn sent(work: &Work) -> Value {
    work.services.asked("PUT /stores/1/menu").body
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_menu_shows_what_is_on_sale_and_what_is_sold_out() {
    let work = store_with_a_menu().await;
    let (status, page) = work.page(&owner(), PATH, "ko").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    for shown in [
        "통닭",
        "₩18,000",
        "판매 중",
        "품절 처리",
        "피자",
        "다시 팔기",
        "메뉴 추가",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let (_, page) = work.page(&owner(), PATH, "en").await;
    assert!(
        page.contains("<h3>Chicken</h3>") && page.contains("<h3>피자</h3>"),
        "{page}"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn one_press_says_that_a_dish_is_sold_out_or_can_be_had_again() {
    for (item, command, place, available) in
        [("chicken", "sold-out", 0, false), ("pizza", "on-sale", 1, true)]
    {
        let work = store_with_a_menu().await;
        let form = format!("item={item}&command={command}");
        let (status, location) = work.submit(&owner(), PATH, &form, "ko").await;
        assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, PATH));
        let menu = sent(&work);
        assert_eq!(menu[place]["available"], available);
        assert_eq!(
            menu[0]["options"],
            json!(["spicy"]),
            "what the page does not know stays"
        );
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_dish_is_changed_added_and_removed() {
    let fields = "name=%EC%96%91%EB%85%90&name-en=Spicy&about=&about-en=&price=19%2C000&picture=chicken&available=yes&until=";
    let spicy = json!({"name": "양념", "nameInEnglish": "Spicy", "price": 19_000, "picture": "chicken", "available": true});
    let is_spicy = |item: &Value| {
        let fields = spicy.as_object().unwrap();
        fields.iter().all(|(name, value)| item[name] == *value)
    };
    let work = store_with_a_menu().await;
    let form = format!("item=chicken&command=save&{fields}");
    assert_eq!(
        work.submit(&owner(), PATH, &form, "ko").await.0,
        StatusCode::SEE_OTHER
    );
    let menu = sent(&work);
    assert!(
        is_spicy(&menu[0]) && menu[0]["itemId"] == "chicken" && menu[1] == pizza(),
        "{menu}"
    );

    let work = store_with_a_menu().await;
    let form = format!("item=&command=add&{fields}");
    assert_eq!(
        work.submit(&owner(), PATH, &form, "ko").await.0,
        StatusCode::SEE_OTHER
    );
    let menu = sent(&work);
    assert!(menu[0] == chicken() && is_spicy(&menu[2]), "{menu}");
    assert!(menu[2]["itemId"].as_str().unwrap().starts_with("dish-"), "{menu}");

    let work = store_with_a_menu().await;
    let form = "item=chicken&command=remove&name=";
    assert_eq!(
        work.submit(&owner(), PATH, form, "ko").await.0,
        StatusCode::SEE_OTHER
    );
    assert_eq!(sent(&work), json!([pizza()]));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn what_cannot_be_saved_is_named_and_stays_typed() {
    let work = store_with_a_menu().await;
    for (form, korean, english, kept) in [
        (
            "item=chicken&command=save&name=%EC%96%91%EB%85%90&price=cheap",
            "원 단위의 정수로",
            "Write an amount in won",
            "value=\"cheap\"",
        ),
        (
            "item=chicken&command=save&name=&price=1",
            "내용이 비었거나",
            "A text is missing",
            "value=\"1\"",
        ),
        (
            "item=&command=add&name=%ED%94%BC%EC%9E%90&price=7",
            "같은 이름의 메뉴가",
            "Another dish has this name",
            "value=\"피자\"",
        ),
    ] {
        for (language, sentence) in [("ko", korean), ("en", english)] {
            let (status, page) = work.submit(&owner(), PATH, form, language).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(page.contains(sentence) && page.contains(kept), "{page}");
        }
    }
    let (status, page) = work
        .submit(&owner(), PATH, "item=gone&command=save&name=a&price=1", "ko")
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(page.contains("더는 없는 항목이에요"), "{page}");
    assert!(work.services.changes().is_empty());
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_menu_that_the_store_service_refuses_is_not_lost() {
    let work = store_with_a_menu().await;
    work.services
        .refuse("PUT /stores/1/menu", StatusCode::BAD_REQUEST, "bad-request");
    let form = "item=chicken&command=save&name=%EC%96%91%EB%85%90&price=5";
    let (status, page) = work.submit(&owner(), PATH, form, "ko").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        page.contains("그대로는 처리할 수 없었고") && page.contains("value=\"양념\""),
        "{page}"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn menu_stock_and_settings_are_for_the_owner() {
    let work = store_with_a_menu().await;
    let lee = person("lee", Role::Owner, &["2"]);
    for page in ["menu", "stock", "settings", "stock/1001"] {
        let path = format!("/work/stores/1/{page}");
        assert_eq!(
            work.page(&lee, &path, "ko").await.0,
            StatusCode::FORBIDDEN,
            "{page}"
        );
        let form = "item=chicken&command=remove";
        assert_eq!(
            work.submit(&lee, &path, form, "ko").await.0,
            StatusCode::FORBIDDEN
        );
    }
    assert!(work.services.changes().is_empty());
}
