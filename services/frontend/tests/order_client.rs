//! The order service's client against a small server: what it sends, and what it makes of each answer.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail like a test")]

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use axum::{Json, Router};
use fdp_contracts::{OrderId, OrderLine};
use fdp_kit::Problem;
use frontend::clients::{OrderClient, OrderError, PlaceOrder};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

type Answers = Arc<Mutex<Vec<Response>>>;
type Seen = Arc<Mutex<Vec<(String, Value)>>>;

async fn answer(
    State((answers, seen)): State<(Answers, Seen)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let key = headers
        .get("idempotency-key")
        .map_or("", |key| key.to_str().unwrap());
    seen.lock()
        .unwrap()
        .push((key.to_owned(), serde_json::from_str(&body).unwrap_or_default()));
    answers.lock().unwrap().remove(0)
}

/// An order service that gives these answers, one after the other.
async fn order_service(answers: Vec<Response>) -> (OrderClient, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = OrderClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let seen = Seen::default();
    let routes = Router::new()
        .route("/orders", post(answer))
        .route("/orders/{order_id}", delete(answer))
        .with_state((Arc::new(Mutex::new(answers)), seen.clone()));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (client, seen)
}

fn chicken() -> PlaceOrder {
    PlaceOrder {
        customer_id: "guest-1".into(),
        store_id: "1".into(),
        lines: vec![OrderLine {
            product_id: None,
            product_name: "통닭".into(),
            qty: 2,
            unit_price: 18_000,
        }],
    }
}

fn created(order_id: OrderId) -> Response {
    (
        StatusCode::CREATED,
        Json(json!({"orderId": order_id, "state": "Placed"})),
    )
        .into_response()
}

#[tokio::test]
async fn an_order_goes_out_with_its_key_and_comes_back_with_its_id() {
    let order_id = OrderId::new();
    let (client, seen) = order_service(vec![created(order_id)]).await;
    assert_eq!(client.place(&chicken(), "the-key").await.unwrap(), order_id);
    let expected = json!({"customerId": "guest-1", "storeId": "1",
        "lines": [{"productName": "통닭", "qty": 2, "unitPrice": 18_000}]});
    assert_eq!(*seen.lock().unwrap(), [("the-key".to_owned(), expected)]);
}

#[tokio::test]
async fn the_second_of_two_clicks_waits_for_the_first_and_gets_its_order() {
    let order_id = OrderId::new();
    let under_way = || Problem::conflict("order-under-way", "still busy").into_response();
    let (client, seen) = order_service(vec![under_way(), under_way(), created(order_id)]).await;
    assert_eq!(client.place(&chicken(), "the-key").await.unwrap(), order_id);
    assert!(seen.lock().unwrap().iter().all(|(key, _)| key == "the-key"));
}

#[tokio::test]
async fn a_refusal_comes_with_its_reasons() {
    let too_late = Problem::conflict("order-too-late", "it has left").into_response();
    let (client, _) = order_service(vec![too_late]).await;
    let Err(OrderError::Refused { problem, .. }) = client.cancel(OrderId::new()).await else {
        panic!("a refusal is a refusal");
    };
    assert_eq!((problem.status, problem.detail.as_str()), (409, "it has left"));
}

#[tokio::test]
async fn a_refusal_that_is_no_problem_json_keeps_its_status() {
    let (client, _) = order_service(vec![(StatusCode::BAD_GATEWAY, "oops").into_response()]).await;
    let Err(OrderError::Refused { problem, .. }) = client.place(&chicken(), "k").await else {
        panic!("a refusal is a refusal");
    };
    assert_eq!(problem.status, 502);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_leaves_it_open_whether_the_order_was_placed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = OrderClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            // Takes the request and says nothing.
            let _ = connection.read(&mut [0; 4096]).await;
        }
    });
    let error = client.place(&chicken(), "k").await.unwrap_err();
    assert!(matches!(error, OrderError::NoAnswer { .. }), "{error}");
}

#[tokio::test]
async fn nobody_there_means_that_nothing_was_ordered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = OrderClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let error = client.place(&chicken(), "k").await.unwrap_err();
    assert!(matches!(error, OrderError::Unreachable { .. }), "{error}");
}
