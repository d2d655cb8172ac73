//! Tests the page of a store's settings.

use crate::world::{Work, owner, store};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde_json::{Value, json};

const PATH: &str = "/work/stores/1/settings";

async fn open_store(with: Value) -> Work {
    let work = Work::new().await;
    let mut store = store();
    store
        .as_object_mut()
        .unwrap()
        .extend(with.as_object().unwrap().clone());
    work.services.answer("GET /stores/1", store);
    work.services.answer("PUT /stores/1", json!({}));
    work
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn settings_are_changed_and_what_the_page_does_not_know_stays() {
    let hours = json!({"opensAt": "10:00", "closesAt": "21:00", "timeZone": "Asia/Seoul"});
    let work = open_store(json!({"hours": hours, "pets": true})).await;
    let (status, page) = work.page(&owner(), PATH, "ko").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("value=\"10:00\"") && page.contains("최소 주문 금액"),
        "{page}"
    );
    let form = "command=save&name=%ED%86%B5%EB%8B%AD%EC%A7%91&open=yes&opens=09%3A30&closes=22%3A00&paused=&minimum=12%2C000\
        &fee=3000&accept=10&pick-up=20";
    let (status, location) = work.submit(&owner(), PATH, form, "ko").await;
    assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, PATH));
    let sent = work.services.asked("PUT /stores/1").body;
    let expected = json!({"storeId": "1", "name": "통닭집", "open": true, "openNow": true, "minimumOrder": 12_000,
        "deliveryFee": 3_000, "acceptWithinMinutes": 10, "pickUpWithinMinutes": 20, "pets": true,
        "hours": {"opensAt": "09:30", "closesAt": "22:00", "timeZone": "Asia/Seoul"}});
    assert_eq!(sent, expected);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn one_press_stops_orders_for_half_an_hour_and_another_takes_them_again() {
    let work = open_store(json!({})).await;
    let (status, _) = work.submit(&owner(), PATH, "command=pause", "ko").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let sent = work.services.asked("PUT /stores/1").body;
    let until: DateTime<Utc> = sent["pausedUntil"].as_str().unwrap().parse().unwrap();
    let lasts = until - Utc::now();
    assert!(
        lasts > TimeDelta::minutes(28) && lasts <= TimeDelta::minutes(30),
        "{lasts}"
    );
    let paused =
        open_store(json!({"pausedUntil": Utc::now() + TimeDelta::minutes(5), "openNow": false})).await;
    let (_, page) = paused.page(&owner(), PATH, "ko").await;
    assert!(
        page.contains("주문 다시 받기") && page.contains("주문 안 받는 중"),
        "{page}"
    );
    let (status, _) = paused.submit(&owner(), PATH, "command=resume", "ko").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(
        paused.services.asked("PUT /stores/1").body["pausedUntil"],
        Value::Null
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn settings_that_cannot_be_read_are_named_and_stay_typed() {
    let work = open_store(json!({})).await;
    let valid = "command=save&name=a&open=yes&opens=&closes=&paused=&minimum=0&fee=0&accept=15&pick-up=15";
    let with = |name: &str, value: &str| {
        let is_it = |field: &&str| field.starts_with(&format!("{name}="));
        let field = valid.split('&').find(is_it).unwrap();
        valid.replacen(field, &format!("{name}={value}"), 1)
    };
    for (name, value, korean, english) in [
        ("accept", "0", "1부터 1440까지의 분", "from 1 to 1440"),
        ("fee", "some", "원 단위의 정수로", "Write an amount in won"),
        ("opens", "10%3A00", "모두 쓰거나 모두 비워", "or neither"),
        ("paused", "soon", "시각을 읽을 수 없어요", "A time cannot be read"),
    ] {
        for (language, sentence) in [("ko", korean), ("en", english)] {
            let (status, page) = work.submit(&owner(), PATH, &with(name, value), language).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
            let kept = format!("value=\"{}\"", value.replace("%3A", ":"));
            assert!(page.contains(sentence) && page.contains(&kept), "{page}");
        }
    }
    assert!(work.services.changes().is_empty());
}
