//! Tests the rider's page.

use crate::world::{Work, person};
use fdp_contracts::OrderId;
use fdp_http::Caller;
use fdp_http::caller::Role;
use http::StatusCode;
use serde_json::{Value, json};

const PATH: &str = "/work/deliveries";

fn rider() -> Caller {
    person("choi", Role::Rider, &[])
}

fn delivery(order_id: OrderId, state: &str, rider_id: Option<&str>) -> Value {
    json!({"deliveryId": "dlv_0190b6a0b1c27d3e8f4a5b6c7d8e9f01", "orderId": order_id, "customerId": "100", "storeId": "1",
        "state": state, "riderId": rider_id, "offeredAt": "2026-05-05T03:00:00Z", "createdAt": "2026-05-05T03:00:00Z",
        "changedAt": "2026-05-05T03:00:01Z"})
}

/// Riders' deliveries: those that are in this state, and no others.
async fn deliveries_of(state: &str, deliveries: &[Value]) -> Work {
    let work = Work::new().await;
    work.services.answer("GET /deliveries", json!([]));
    work.services.answer(
        &format!("GET /deliveries?limit=100&state={state}"),
        json!(deliveries),
    );
    work
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_rider_sees_what_is_free_and_takes_it_on() {
    let order_id = OrderId::new();
    let work = deliveries_of("Ready", &[delivery(order_id, "Ready", None)]).await;
    let (status, page) = work.page(&rider(), PATH, "ko").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    for shown in [
        "맡을 수 있는 배달",
        "픽업 대기",
        "배달 맡기",
        "맡은 배달이 없어요",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let assign = format!("POST /deliveries/{order_id}/assign");
    work.services.answer(&assign, json!({}));
    let form = format!("order={order_id}&command=assign");
    let (status, location) = work.submit(&rider(), PATH, &form, "ko").await;
    assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, PATH));
    let asked = work.services.asked(&assign);
    assert_eq!(asked.person().subject, "choi");
    assert_eq!(asked.body, json!({}), "for whoever asks");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_of_ones_own_shows_the_next_step_and_where_to_bring_it() {
    for (state, shown, command) in [
        ("Requested", "상점에서 요리하고 있어요", None),
        ("Ready", "픽업하고 출발", Some("start")),
        ("Departing", "출발해도 되는지", None),
        ("Started", "배달 완료하기", Some("deliver")),
    ] {
        let order_id = OrderId::new();
        let work = deliveries_of(state, &[delivery(order_id, state, Some("choi"))]).await;
        let recipient = json!({"name": "김철수", "address": "강남구 1", "phone": "010-1234-5678", "note": "벨 누르지 마세요"});
        work.services
            .answer(&format!("GET /orders/{order_id}/recipient"), recipient);
        let (_, page) = work.page(&rider(), PATH, "ko").await;
        for shown in [
            shown,
            "강남구 1",
            "김철수 · 010-1234-5678",
            "<q>벨 누르지 마세요</q>",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let button = command.map(|command| format!("name=\"command\" value=\"{command}\">"));
        let gives_back = matches!(state, "Requested" | "Ready");
        assert_eq!(page.contains("value=\"give-back\">"), gives_back, "{state}");
        if let Some(command) = command {
            assert!(page.contains(&button.unwrap()), "{page}");
            let asked = format!("POST /deliveries/{order_id}/{command}");
            work.services.answer(&asked, json!({}));
            let form = format!("order={order_id}&command={command}");
            let (status, _) = work.submit(&rider(), PATH, &form, "ko").await;
            assert_eq!(status, StatusCode::SEE_OTHER);
            work.services.asked(&asked);
        }
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn who_has_as_many_deliveries_as_are_allowed_reads_so() {
    let order_id = OrderId::new();
    let work = deliveries_of("Ready", &[delivery(order_id, "Ready", None)]).await;
    for (kind, korean, english) in [
        (
            "too-many-deliveries",
            "동시에 맡을 수 있는 배달을",
            "You have as many deliveries as are allowed",
        ),
        (
            "not-your-delivery",
            "다른 라이더가 먼저 맡은",
            "Another rider has taken this delivery on",
        ),
    ] {
        work.services
            .refuse("POST /deliveries", StatusCode::CONFLICT, kind);
        for (language, sentence) in [("ko", korean), ("en", english)] {
            let form = format!("order={order_id}&command=assign");
            let (status, page) = work.submit(&rider(), PATH, &form, language).await;
            assert_eq!(status, StatusCode::CONFLICT);
            assert!(page.contains(sentence) && page.contains("job-ord_"), "{page}");
            assert!(!page.contains("the words of the service"), "{page}");
        }
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_delivery_is_given_back_with_a_reason_and_what_was_typed_stays_when_it_is_too_late() {
    let order_id = OrderId::new();
    let work = deliveries_of("Ready", &[delivery(order_id, "Ready", Some("choi"))]).await;
    let give_back = format!("POST /deliveries/{order_id}/give-back");
    let form = |words: &str| format!("order={order_id}&command=give-back&reason=&words={words}");
    let (status, page) = work.submit(&rider(), PATH, &form(""), "ko").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("<details class=\"why\" open>"), "{page}");
    assert!(work.services.changes().is_empty());
    work.services
        .refuse(&give_back, StatusCode::CONFLICT, "delivery-state");
    let (status, page) = work.submit(&rider(), PATH, &form("flat+tyre"), "ko").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        page.contains("value=\"flat tyre\"") && page.contains("그사이 배달 상태가"),
        "{page}"
    );
    work.services.answer(&give_back, json!({}));
    let (status, _) = work.submit(&rider(), PATH, &form("flat+tyre"), "ko").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(
        work.services.asked(&give_back).body,
        json!({"reason": "flat tyre"})
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_page_is_for_riders_and_where_nobody_signs_in_a_visitor_is_one_with_an_id() {
    let order_id = OrderId::new();
    let work = deliveries_of("Ready", &[delivery(order_id, "Ready", None)]).await;
    for who in [
        person("kim", Role::Customer, &[]),
        person("park", Role::Owner, &["1"]),
    ] {
        let (status, page) = work.page(&who, PATH, "ko").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(page.contains("여기서 일하는 분을 위한 화면"), "{page}");
    }
    work.services.answer("POST /deliveries", json!({}));
    for (who, subject) in [
        (Caller::System, "guest-"),
        (person("root", Role::Admin, &[]), "root"),
    ] {
        let form = format!("order={order_id}&command=assign");
        let (status, _) = work.submit(&who, PATH, &form, "ko").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let asked = work.services.changes().pop().unwrap().person();
        assert!(asked.subject.starts_with(subject), "{asked:?}");
        assert_eq!(asked.roles, [Role::Rider].into(), "with the limit of a rider");
    }
}
