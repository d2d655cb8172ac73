//! Tests the client of the order service with a scripted server: its requests, and how it handles each response.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail like a test")]

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use axum::{Json, Router};
use fdp_contracts::{OrderId, OrderLine};
use fdp_http::Problem;
use frontend::adapters::clients::OrderClient;
use frontend::application::ports::{OrderError, OrderRequest, OrderService as _};
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
        .route("/orders/{order_id}", delete(respond))
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
    assert_eq!(client.place(&chicken(), "the-key").await.unwrap(), order_id);
    let expected = json!({"customerId": "guest-1", "storeId": "1",
        "lines": [{"productName": "통닭", "qty": 2, "unitPrice": 18_000}], "deliveryFee": 3_000});
    assert_eq!(*requests.lock().unwrap(), [("the-key".to_owned(), expected)]);
}

#[tokio::test]
async fn the_second_of_two_clicks_waits_for_the_first_and_gets_its_order() {
    let order_id = OrderId::new();
    let in_progress = || Problem::conflict("order-under-way", "still busy").into_response();
    let (client, requests) = order_service(vec![in_progress(), in_progress(), created(order_id)]).await;
    assert_eq!(client.place(&chicken(), "the-key").await.unwrap(), order_id);
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
