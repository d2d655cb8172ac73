//! Tests the client of the order service with a scripted server: its requests, and how it handles each response.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail like a test")]

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use fdp_contracts::{OrderId, OrderLine};
use fdp_http::Problem;
use frontend::adapters::clients::OrderClient;
use frontend::application::ports::{OrderError, OrderRequest, OrderService as _, PaymentStanding, Placement};
use frontend::domain::Recipient;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

type Responses = Arc<Mutex<Vec<Response>>>;
type Requests = Arc<Mutex<Vec<(String, Value)>>>;

async fn respond(
    State((responses, requests)): State<(Responses, Requests)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let key = headers
        .get("idempotency-key")
        .map_or("", |key| key.to_str().unwrap());
    requests
        .lock()
        .unwrap()
        .push((key.to_owned(), serde_json::from_str(&body).unwrap_or_default()));
    responses.lock().unwrap().remove(0)
}

/// An order service that returns these responses in order.
async fn order_service(responses: Vec<Response>) -> (OrderClient, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = OrderClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let requests = Requests::default();
    let routes = Router::new()
        .route("/orders", post(respond))
        .route("/orders/{order_id}", delete(respond).get(respond))
        .route("/orders/{order_id}/recipient", get(respond))
        .with_state((Arc::new(Mutex::new(responses)), requests.clone()));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (client, requests)
}

fn chicken() -> OrderRequest {
    OrderRequest {
        customer_id: "guest-1".into(),
        store_id: "1".into(),
        lines: vec![OrderLine {
            product_id: None,
            product_name: "통닭".into(),
            qty: 2,
            unit_price: 18_000,
        }],
        delivery_fee: 3_000,
        deliver_to: None,
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
async fn an_order_is_sent_with_its_key_and_returns_its_id() {
    let order_id = OrderId::new();
    let (client, requests) = order_service(vec![created(order_id)]).await;
    assert_eq!(
        client.place(&chicken(), "the-key").await.unwrap(),
        Placement::Placed(order_id)
    );
    let expected = json!({"customerId": "guest-1", "storeId": "1",
        "lines": [{"productName": "통닭", "qty": 2, "unitPrice": 18_000}], "deliveryFee": 3_000});
    assert_eq!(*requests.lock().unwrap(), [("the-key".to_owned(), expected)]);
}

#[tokio::test]
async fn an_order_says_whom_it_goes_to_and_tells_it_again() {
    let recipient = Recipient {
        name: "김철수".into(),
        address: "서울".into(),
        phone: "010-1234-5678".into(),
        note: String::new(),
    };
    let told = json!({"name": "김철수", "address": "서울", "phone": "010-1234-5678"});
    let order_id = OrderId::new();
    let nobody = || Problem::not_found("nobody has said where it goes").into_response();
    let down = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    let known = Json(told.clone()).into_response();
    let (client, requests) = order_service(vec![created(order_id), known, nobody(), down]).await;
    let order = OrderRequest {
        deliver_to: Some(recipient.clone()),
        ..chicken()
    };
    client.place(&order, "the-key").await.unwrap();
    assert_eq!(requests.lock().unwrap()[0].1["deliverTo"], told);
    assert_eq!(client.recipient(order_id).await.unwrap(), Some(recipient));
    assert_eq!(client.recipient(order_id).await.unwrap(), None);
    assert!(client.recipient(order_id).await.is_err());
}

#[tokio::test]
async fn the_second_of_two_clicks_waits_for_the_first_and_gets_its_order() {
    let order_id = OrderId::new();
    let in_progress = || Problem::conflict("order-under-way", "still busy").into_response();
    let (client, requests) = order_service(vec![in_progress(), in_progress(), created(order_id)]).await;
    assert_eq!(
        client.place(&chicken(), "the-key").await.unwrap(),
        Placement::Placed(order_id)
    );
    assert!(requests.lock().unwrap().iter().all(|(key, _)| key == "the-key"));
}

#[tokio::test]
async fn a_rejection_carries_its_problem() {
    let too_late = Problem::conflict("order-too-late", "it has left").into_response();
    let (client, _) = order_service(vec![too_late]).await;
    let Err(OrderError::Rejected { problem, .. }) = client.cancel(OrderId::new()).await else {
        panic!("it was not rejected");
    };
    assert_eq!((problem.status, problem.detail.as_str()), (409, "it has left"));
}

#[tokio::test]
async fn a_rejection_without_problem_json_keeps_its_status() {
    let (client, _) = order_service(vec![(StatusCode::BAD_GATEWAY, "oops").into_response()]).await;
    let Err(OrderError::Rejected { problem, .. }) = client.place(&chicken(), "k").await else {
        panic!("it was not rejected");
    };
    assert_eq!(problem.status, 502);
}

#[tokio::test]
async fn after_a_connection_breaks_it_is_unknown_if_the_order_was_placed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = OrderClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            // Reads the request and closes the connection.
            let _ = connection.read(&mut [0; 4096]).await;
        }
    });
    let error = client.place(&chicken(), "k").await.unwrap_err();
    assert!(matches!(error, OrderError::NoResponse { .. }), "{error}");
}

#[tokio::test]
async fn if_the_service_is_unreachable_nothing_was_ordered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = OrderClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let error = client.place(&chicken(), "k").await.unwrap_err();
    assert!(matches!(error, OrderError::Unreachable { .. }), "{error}");
}

fn awaiting(order_id: OrderId, pay_url: &str) -> Value {
    json!({"orderId": order_id, "customerId": "guest-1", "state": "AwaitingPayment", "amount": 39_000,
        "payUrl": pay_url, "expiresAt": "2026-05-05T09:30:00Z"})
}

#[tokio::test]
async fn an_order_that_has_to_be_paid_first_is_told_apart_and_followed() {
    let order_id = OrderId::new();
    let answer = |status: StatusCode, body: Value| (status, Json(body)).into_response();
    let waits = || answer(StatusCode::ACCEPTED, awaiting(order_id, "https://pay.example/1"));
    let gone = Problem::new(StatusCode::GONE, "payment-not-finished", "too late").into_response();
    let unknown = Problem::not_found("no such order").into_response();
    let (client, _) = order_service(vec![waits(), waits(), created(order_id), gone, unknown]).await;
    let placement = client.place(&chicken(), "k").await.unwrap();
    assert_eq!(placement, Placement::AwaitingPayment(order_id));
    let expected = serde_json::from_value(awaiting(order_id, "https://pay.example/1")).unwrap();
    for standing in [
        PaymentStanding::Awaited(expected),
        PaymentStanding::Placed,
        PaymentStanding::NotPaid,
        PaymentStanding::Unknown,
    ] {
        assert_eq!(client.payment(order_id).await.unwrap(), standing);
    }
}

#[tokio::test]
async fn a_browser_is_not_sent_to_pay_at_an_address_that_is_not_safe() {
    let order_id = OrderId::new();
    let body = awaiting(order_id, "http://evil.example/pay");
    let (client, _) = order_service(vec![(StatusCode::ACCEPTED, Json(body)).into_response()]).await;
    let error = client.payment(order_id).await.unwrap_err();
    assert!(matches!(error, OrderError::Rejected { .. }), "{error}");
}
