//! Tests fault injection over HTTP, which is on a port of its own and ends by itself; no test needs a database.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

mod support;

use axum::Router;
use axum::body::Body;
use fdp_contracts::{OrderId, topic};
use fdp_http::caller::{CALLER, Caller, Person, Role};
use fdp_runtime::SystemClock;
use fdp_storage::Outbox;
use http::{Request, StatusCode};
use pay::adapters::storage::PgPayments;
use pay::application::Payments;
use pay::drills::{Drill, Drills};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use support::send;
use tower::ServiceExt as _;

/// Both ports of one replica.
struct Pay {
    main: Router,
    drills: Router,
}

impl Pay {
    /// A replica that started with `drill`, and whose database is never asked.
    fn started_with(drill: Drill) -> Self {
        let pool = PgPool::connect_lazy("postgres://nobody@127.0.0.1:1/none").unwrap();
        let stored = Arc::new(PgPayments::new(pool, Outbox::new("pay", topic::PAY)));
        let payments = Payments::new(stored.clone(), Arc::new(SystemClock), 1_000_000);
        let drills = Drills::new(drill);
        Self {
            main: pay::routes(payments, stored, drills.clone(), None),
            drills: pay::drill_routes(drills),
        }
    }

    async fn drills(&self, method: &str, body: Value) -> (StatusCode, Value) {
        send(&self.drills, method, "/drills", body).await
    }

    async fn approve(&self) -> StatusCode {
        let body = json!({"orderId": OrderId::new(), "amount": 500, "customerId": "100"});
        send(&self.main, "POST", "/payments", body).await.0
    }
}

fn half_of_them_fail() -> Drill {
    Drill {
        failure_rate: 0.5,
        ..Drill::default()
    }
}

#[tokio::test]
async fn the_port_for_payments_has_no_drills() {
    let pay = Pay::started_with(Drill::default());
    let drill = json!({"failureRate": 1, "forSeconds": 60});
    for method in ["GET", "PUT", "DELETE"] {
        let (status, _) = send(&pay.main, method, "/drills", drill.clone()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method}");
    }
    let (_, document) = send(&pay.main, "GET", "/openapi.json", Value::Null).await;
    assert!(document["paths"]["/payments"].is_object());
    assert!(document["paths"]["/drills"].is_null());
    assert_eq!(pay.drills("GET", Value::Null).await.1["failureRate"], 0.0);
}

#[tokio::test]
async fn the_port_for_drills_has_nothing_else_and_describes_itself() {
    let pay = Pay::started_with(Drill::default());
    let (status, _) = send(&pay.drills, "GET", "/payments", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, document) = send(&pay.drills, "GET", "/openapi.json", Value::Null).await;
    assert!(document["paths"]["/drills"]["put"].is_object());
    let required = &document["components"]["schemas"]["DrillRequest"]["required"];
    assert_eq!(*required, json!(["forSeconds"]));
}

#[tokio::test]
async fn a_drill_without_an_end_is_refused_in_words() {
    let pay = Pay::started_with(Drill::default());
    for body in [
        json!({"failureRate": 1}),
        json!({"failureRate": 1, "forSeconds": 0}),
        json!({"failureRate": 1, "forSeconds": 3601}),
    ] {
        let (status, problem) = pay.drills("PUT", body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("forSeconds") && detail.contains("3600"),
            "{detail}"
        );
    }
    assert_eq!(pay.drills("GET", Value::Null).await.1["failureRate"], 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_drill_ends_by_itself_and_the_replica_is_back_to_what_it_started_with() {
    let pay = Pay::started_with(half_of_them_fail());
    let started_with = json!({"delayAt": "before", "failureRate": 0.5, "mode": "error", "payments": 0});
    assert_eq!(pay.drills("GET", Value::Null).await.1, started_with);
    let drill = json!({"delayMs": {"min": 400, "max": 620}, "mode": "lostAnswer", "forSeconds": 60});
    let (status, set) = pay.drills("PUT", drill).await;
    let expected = json!({"delayMs": {"min": 400, "max": 620}, "delayAt": "before", "failureRate": 0.0,
        "mode": "lostAnswer", "secondsLeft": 60, "payments": 0});
    assert_eq!((status, set), (StatusCode::OK, expected));
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(pay.drills("GET", Value::Null).await.1["secondsLeft"], 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(pay.drills("GET", Value::Null).await.1, started_with);
}

#[tokio::test]
async fn a_drill_that_is_ended_leaves_what_the_replica_started_with() {
    let pay = Pay::started_with(half_of_them_fail());
    let drill = json!({"failureRate": 1, "forSeconds": 60});
    assert_eq!(pay.drills("PUT", drill).await.1["failureRate"], 1.0);
    assert_eq!(pay.drills("DELETE", Value::Null).await.0, StatusCode::NO_CONTENT);
    let (_, status) = pay.drills("GET", Value::Null).await;
    assert_eq!(status["failureRate"], 0.5);
    assert!(status["secondsLeft"].is_null(), "{status}");
}

#[tokio::test]
async fn the_payments_that_a_drill_affects_are_counted_also_after_its_end_and_anew_by_the_next_one() {
    let pay = Pay::started_with(Drill::default());
    let drill = json!({"failureRate": 1, "forSeconds": 60});
    pay.drills("PUT", drill.clone()).await;
    for _ in 0..3 {
        assert_eq!(pay.approve().await, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(pay.drills("GET", Value::Null).await.1["payments"], 3);
    pay.drills("DELETE", Value::Null).await;
    assert_eq!(pay.drills("GET", Value::Null).await.1["payments"], 3);
    assert_eq!(pay.drills("PUT", drill).await.1["payments"], 0);
}

#[tokio::test]
async fn only_operators_set_and_end_drills() {
    let pay = Pay::started_with(Drill::default());
    let customer = Caller::Person(Person {
        subject: "100".to_owned(),
        roles: [Role::Customer].into(),
        ..Person::default()
    });
    let customer = customer.header().unwrap();
    for method in ["PUT", "DELETE"] {
        let request = Request::builder()
            .method(method)
            .uri("/drills")
            .header("content-type", "application/json")
            .header(CALLER, customer.clone())
            .body(Body::from(json!({"forSeconds": 60}).to_string()))
            .unwrap();
        let response = pay.drills.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{method}");
    }
}
