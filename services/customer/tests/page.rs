//! Tests the local outbox over HTTP: the same messages as JSON for programs and as a page for people, each customer
//! with only their own.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

mod support;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::Utc;
use customer::MIGRATIONS;
use customer::adapters::http;
use customer::application::RecordNotifications;
use fdp_contracts::{OrderId, OrderState};
use fdp_http::Caller;
use fdp_http::caller::{CALLER, Person, Role};
use sqlx::PgPool;
use tower::ServiceExt as _;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

struct World {
    pool: PgPool,
    routes: Router,
}

struct Response {
    status: StatusCode,
    kind: String,
    body: String,
}

impl World {
    async fn new() -> Self {
        let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
        Self {
            routes: http::routes(support::state(&pool)),
            pool,
        }
    }

    async fn placed(&self, customer_id: &str) -> OrderId {
        let order_id = OrderId::new();
        let order = support::order(order_id, customer_id, OrderState::Placed, 1, Utc::now());
        support::consume(&self.pool, RecordNotifications::default(), [order]).await;
        order_id
    }

    async fn send(&self, method: Method, path: &str, caller: &Caller, accept: &str, body: &str) -> Response {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("accept", accept);
        if let Some(caller) = caller.header() {
            request = request.header(CALLER, caller);
        }
        let request = request
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let kind = response.headers().get("content-type");
        let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Response { status, kind, body }
    }

    async fn get(&self, path: &str, caller: &Caller, accept: &str) -> Response {
        self.send(Method::GET, path, caller, accept, "").await
    }
}

fn person(subject: &str, roles: &[Role]) -> Caller {
    Caller::Person(Person {
        subject: subject.to_owned(),
        roles: roles.iter().copied().collect(),
        stores: Vec::new(),
    })
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_browser_gets_a_page_in_its_language_and_a_program_gets_json() {
    let world = World::new().await;
    let order_id = world.placed("kim").await;
    let kim = person("kim", &[Role::Customer]);
    let page = world.get("/notifications?lang=ko", &kim, BROWSER).await;
    assert_eq!(
        (page.status, page.kind.as_str()),
        (StatusCode::OK, "text/html; charset=utf-8")
    );
    for expected in [
        "lang=\"ko\"",
        "data-sending=\"Local\"",
        "여기에만",
        "주문됨",
        &format!("/shop/orders/{order_id}"),
    ] {
        assert!(page.body.contains(expected), "{expected}: {}", page.body);
    }
    let path = format!("/notifications?orderId={order_id}&lang=en");
    let page = world.get(&path, &kim, BROWSER).await;
    assert!(
        page.body.contains("Order placed") && page.body.contains("Here only"),
        "{}",
        page.body
    );

    for accept in ["*/*", "application/json"] {
        let json = world.get("/notifications", &kim, accept).await;
        assert_eq!(
            (json.status, json.kind.as_str()),
            (StatusCode::OK, "application/json")
        );
        let list: serde_json::Value = serde_json::from_str(&json.body).unwrap();
        assert_eq!(list[0]["orderId"], order_id.to_string());
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn customers_and_guests_see_their_own_messages_and_admins_see_all() {
    let world = World::new().await;
    for customer_id in ["kim", "lee", "guest-0123456789abcdef"] {
        world.placed(customer_id).await;
    }
    let shown = async |path: &str, caller: &Caller| {
        let page = world.get(path, caller, BROWSER).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
        let of = |customer: &str| page.body.contains(&format!("data-customer=\"{customer}\""));
        ["kim", "lee", "guest-0123456789abcdef"].map(of)
    };
    let kim = person("kim", &[Role::Customer]);
    let guest = person("guest-0123456789abcdef", &[]);
    assert_eq!(shown("/notifications", &kim).await, [true, false, false]);
    assert_eq!(shown("/notifications", &guest).await, [false, false, true]);
    let admin = person("root", &[Role::Admin]);
    for all in [&admin, &Caller::System] {
        assert_eq!(shown("/notifications", all).await, [true, true, true]);
        assert_eq!(
            shown("/notifications?customerId=lee", all).await,
            [false, true, false]
        );
    }
    let other = world.get("/notifications?customerId=lee", &kim, BROWSER).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_invalid_customer_id_is_rejected_before_the_database_is_queried() {
    let world = World::new().await;
    let huge = "x".repeat(201);
    let contact = r#"{"kakaoUuid": "friend"}"#;
    for path in [
        format!("/notifications/contacts/{huge}"),
        "/notifications/contacts/a%00b".to_owned(),
    ] {
        for (method, body) in [(Method::PUT, contact), (Method::GET, ""), (Method::DELETE, "")] {
            let response = world.send(method, &path, &Caller::System, "*/*", body).await;
            assert_eq!(
                response.status,
                StatusCode::BAD_REQUEST,
                "{path}: {}",
                response.body
            );
        }
    }
    let listed = world
        .get("/notifications?customerId=%00", &Caller::System, "*/*")
        .await;
    assert_eq!(listed.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn only_admins_may_make_the_sending_account_a_contact() {
    let world = World::new().await;
    let me = r#"{"kakaoUuid": "me", "language": "en"}"#;
    let kim = person("kim", &[Role::Customer]);
    let put = async |caller: &Caller, body| {
        let path = "/notifications/contacts/kim";
        world.send(Method::PUT, path, caller, "*/*", body).await.status
    };
    assert_eq!(put(&kim, me).await, StatusCode::FORBIDDEN);
    assert_eq!(put(&kim, r#"{"kakaoUuid": "friend"}"#).await, StatusCode::OK);
    assert_eq!(put(&person("root", &[Role::Admin]), me).await, StatusCode::OK);
}
