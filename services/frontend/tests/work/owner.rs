//! Tests the owner's pages of orders.

use crate::world::{Work, owner, person, store};
use fdp_contracts::OrderId;
use fdp_http::Caller;
use fdp_http::caller::Role;
use http::StatusCode;
use serde_json::{Value, json};

fn ticket(order_id: OrderId, state: &str, possible: &[&str]) -> Value {
    json!({"orderId": order_id, "storeId": "1", "customerId": "100", "state": state, "amount": 36_000, "possible": possible,
        "lines": [{"productName": "통닭", "qty": 2, "unitPrice": 18_000}],
        "placedAt": "2026-05-05T03:00:00Z", "changedAt": "2026-05-05T03:00:01Z", "notifiedAt": "2026-05-05T03:00:01Z",
        "acceptUntil": "2026-05-05T03:15:01Z"})
}

/// A store with one new order.
async fn store_with_an_order() -> (Work, OrderId) {
    let (work, order_id) = (Work::new().await, OrderId::new());
    work.services.answer("GET /stores/1", store());
    work.services.answer("GET /stores/1/tickets", json!([]));
    let new = json!([ticket(order_id, "Received", &["accept", "reject"])]);
    work.services
        .answer("GET /stores/1/tickets?limit=100&state=Received", new);
    (work, order_id)
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_new_order_stands_on_the_page_with_what_to_cook_and_until_when_to_accept_it() {
    let (work, order_id) = store_with_an_order().await;
    let (status, page) = work.page(&owner(), "/work/stores/1", "ko").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    for shown in [
        "우리동네 통닭",
        "주문 받는 중",
        "통닭",
        "2 ×",
        "₩36,000",
        "접수 마감",
        "12:15",
        "접수하기",
        "거절하기",
        "재료가 떨어졌어요.",
        "data-events=\"/stores/1/tickets/events\"",
        &format!("job-{order_id}"),
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert_eq!(
        work.services.asked("GET /stores/1/tickets").person().subject,
        "park"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_button_gives_its_command_as_the_owner_and_leads_back_to_the_orders() {
    let (work, order_id) = store_with_an_order().await;
    for command in ["accept", "start-cooking", "finish-cooking", "hand-over"] {
        let asked = format!("POST /stores/1/tickets/{order_id}/{command}");
        work.services.answer(&asked, ticket(order_id, "Accepted", &[]));
        let form = format!("order={order_id}&command={command}");
        let (status, location) = work.submit(&owner(), "/work/stores/1", &form, "ko").await;
        assert_eq!(
            (status, location.as_str()),
            (StatusCode::SEE_OTHER, "/work/stores/1")
        );
        assert_eq!(work.services.asked(&asked).person().subject, "park");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_usual_reason_or_ones_own_words_reach_the_store_service() {
    let (work, order_id) = store_with_an_order().await;
    work.services
        .answer(&format!("POST /stores/1/tickets/{order_id}/reject"), json!({}));
    for (typed, reason) in [
        (
            "reason=an+ingredient+has+run+out&words=",
            "an ingredient has run out",
        ),
        (
            "reason=an+ingredient+has+run+out&words=%EC%98%A4%EB%B8%90",
            "오븐",
        ),
    ] {
        let form = format!("order={order_id}&command=reject&{typed}");
        let (status, _) = work.submit(&owner(), "/work/stores/1", &form, "ko").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let changes = work.services.changes();
        assert_eq!(changes.last().unwrap().body, json!({ "reason": reason }));
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn without_a_reason_nothing_is_refused_and_the_form_stays_open() {
    let (work, order_id) = store_with_an_order().await;
    let form = format!("order={order_id}&command=reject&reason=&words=");
    let (status, page) = work.submit(&owner(), "/work/stores/1", &form, "ko").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.contains("고객에게 전달할 사유를") && page.contains("<details class=\"why\" open>"),
        "{page}"
    );
    assert!(work.services.changes().is_empty());
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_that_another_tab_has_changed_is_shown_as_it_is_with_a_sentence_and_what_was_typed() {
    let (work, order_id) = store_with_an_order().await;
    let reject = format!("POST /stores/1/tickets/{order_id}/reject");
    work.services
        .refuse(&reject, StatusCode::CONFLICT, "ticket-state");
    let form = format!("order={order_id}&command=reject&reason=&words=no+more+rice");
    for (language, sentence) in [
        ("ko", "그사이 주문 상태가 바뀌어"),
        ("en", "This order has changed meanwhile"),
    ] {
        let (status, page) = work.submit(&owner(), "/work/stores/1", &form, language).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(page.contains(sentence), "{page}");
        assert!(page.contains("value=\"no more rice\""), "{page}");
        assert!(!page.contains("the words of the service"), "{page}");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn when_the_store_service_is_away_the_page_says_so() {
    let work = Work::new().await;
    work.services
        .refuse("GET /stores/1", StatusCode::SERVICE_UNAVAILABLE, "not-ready");
    let (status, page) = work.page(&owner(), "/work/stores/1", "ko").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.contains("지금은 처리할 수 없어요"), "{page}");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_pages_of_a_store_are_for_its_owner() {
    let (work, order_id) = store_with_an_order().await;
    let strangers = [
        person("lee", Role::Owner, &["2"]),
        person("kim", Role::Customer, &["1"]),
        person("", Role::Rider, &[]),
    ];
    for who in strangers {
        for path in ["/work/stores/1", "/work/stores/1/orders"] {
            let (status, page) = work.page(&who, path, "ko").await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{who:?}");
            assert!(page.contains("다른 분의 것이라"), "{page}");
        }
        let form = format!("order={order_id}&command=accept");
        let (status, _) = work.submit(&who, "/work/stores/1", &form, "ko").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{who:?}");
    }
    assert!(work.services.changes().is_empty());
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn where_nobody_signs_in_a_visitor_acts_as_an_owner_with_an_id() {
    let (work, _) = store_with_an_order().await;
    let (status, _) = work.page(&Caller::System, "/work/stores/1", "ko").await;
    assert_eq!(status, StatusCode::OK);
    let person = work.services.asked("GET /stores/1/tickets").person();
    assert!(person.subject.starts_with("guest-"), "{person:?}");
    assert_eq!(person.roles, [Role::Owner].into());
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_history_of_an_order_says_who_did_what_in_the_readers_language() {
    let (work, order_id) = store_with_an_order().await;
    let path = format!("/stores/1/tickets/{order_id}");
    work.services
        .answer(&format!("GET {path}"), ticket(order_id, "Rejected", &[]));
    let history = json!([
        {"at": "2026-05-05T03:00:01Z", "what": "Received", "by": "order"},
        {"at": "2026-05-05T03:00:02Z", "what": "Rejected", "by": "owner park", "reason": "an ingredient has run out"},
        {"at": "2026-05-05T03:00:03Z", "what": "Polished", "by": "robot 7"},
    ]);
    work.services.answer(&format!("GET {path}/history"), history);
    let address = format!("/work/stores/1/orders/{order_id}");
    let (status, page) = work.page(&owner(), &address, "ko").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    for shown in [
        "새 주문",
        "거절됨",
        "상점주인 park",
        "재료가 떨어졌어요.",
        "Polished",
        "robot 7",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let nobody = OrderId::new();
    let kind = "not-found";
    work.services.refuse(
        &format!("GET /stores/1/tickets/{nobody}"),
        StatusCode::NOT_FOUND,
        kind,
    );
    for unknown in [nobody.to_string(), "nonsense".to_owned()] {
        let (status, page) = work
            .page(&owner(), &format!("/work/stores/1/orders/{unknown}"), "ko")
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(page.contains("그런 주문은 없어요"), "{page}");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn all_orders_are_listed_a_page_at_a_time() {
    let (work, _) = store_with_an_order().await;
    let full: Vec<Value> = (0..30)
        .map(|_| ticket(OrderId::new(), "CookingFinished", &[]))
        .collect();
    let last = full[29]["orderId"].as_str().unwrap().to_owned();
    work.services
        .answer("GET /stores/1/tickets?limit=30", json!(full));
    work.services.answer(
        &format!("GET /stores/1/tickets?limit=30&before={last}"),
        json!([]),
    );
    let (_, page) = work.page(&owner(), "/work/stores/1/orders", "ko").await;
    let older = format!("?before={last}");
    assert!(
        page.contains(&older) && page.contains("이전 주문 더 보기"),
        "{page}"
    );
    let (_, page) = work
        .page(&owner(), &format!("/work/stores/1/orders{older}"), "ko")
        .await;
    assert!(
        page.contains("더는 없어요") && !page.contains("id=\"older\""),
        "{page}"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn those_who_work_here_find_their_pages_and_others_are_not_shown_the_way() {
    let work = Work::new().await;
    let (_, page) = work.page(&owner(), "/work", "ko").await;
    assert!(
        page.contains("href=\"/work/stores/1\"") && !page.contains("/work/deliveries"),
        "{page}"
    );
    let (_, page) = work.page(&person("choi", Role::Rider, &[]), "/work", "ko").await;
    assert!(
        !page.contains("/work/stores") && page.contains("/work/deliveries"),
        "{page}"
    );
    let customer = person("kim", Role::Customer, &[]);
    assert_eq!(work.page(&customer, "/work", "ko").await.0, StatusCode::FORBIDDEN);
    for (who, is_shown) in [(owner(), true), (Caller::System, true), (customer, false)] {
        let (_, shop) = work.page(&who, "/", "ko").await;
        assert_eq!(shop.contains("href=\"/work\""), is_shown, "{who:?}");
    }
}
