//! Tests the gateway with real sockets: small upstream servers on one side, an HTTP client on the other.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use axum::body::Body;
use axum::extract::Request;
use axum::response::IntoResponse as _;
use axum::routing::{any, get, post};
use axum::{Json, Router};
use futures::StreamExt as _;
use gateway::layers::authentication::AuthSettings;
use gateway::layers::proxy::Limits;
use gateway::upstream::{FRONTEND, SERVICES};
use http::{HeaderMap, StatusCode};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use world::{Gateway, flaky, free_address, problem_kind, serve, serve_at};

fn quick() -> Limits {
    Limits {
        response_timeout: Duration::from_millis(300),
        retry_window: Duration::from_millis(100),
        ..Limits::default()
    }
}

#[tokio::test]
async fn each_first_segment_leads_to_its_service() {
    let mut addresses = Vec::new();
    for service in SERVICES.iter().chain([&FRONTEND]) {
        let name = service.name;
        let response = move |request: Request| async move { format!("{name} {}", request.uri()) };
        addresses.push((*service, serve(Router::new().fallback(any(response))).await));
    }
    let gateway = Gateway::start(Limits::default(), move |service| {
        let (_, address) = addresses.iter().find(|(known, _)| *known == service)?;
        Some(format!("http://{address}"))
    })
    .await;
    for (path, expected) in [
        ("/orders", "order /orders"),
        ("/orders/", "order /orders/"),
        ("/orders/ord_1?a=b%20c", "order /orders/ord_1?a=b%20c"),
        ("/payments?orderId=1", "pay /payments?orderId=1"),
        ("/stores/1/tickets", "store /stores/1/tickets"),
        ("/deliveries/1", "delivery /deliveries/1"),
        ("/inventories/1", "inventory /inventories/1"),
        ("/notifications", "customer /notifications"),
        ("/recommendations", "marketing /recommendations"),
        ("/", "frontend /"),
        ("/shop", "frontend /shop"),
        ("/views/orders/1/events", "frontend /views/orders/1/events"),
        ("/ordersome", "frontend /ordersome"),
    ] {
        let response = gateway.get(path).await;
        assert_eq!(response.text().await.unwrap(), expected, "{path}");
    }
    // Payments are made with orders: clients outside may neither pay nor void a payment directly.
    for path in ["/payments", "/payments/ord_1/void"] {
        let response = gateway.request(reqwest::Method::POST, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(problem_kind(response).await.ends_with(":read-only"), "{path}");
    }
}

#[tokio::test]
async fn the_longest_matching_path_leads_to_an_extension() {
    let named = async |name: &'static str| {
        let response = move |request: Request| async move { format!("{name} {}", request.uri()) };
        serve(Router::new().fallback(any(response))).await
    };
    let (coupons, deals, platform) = (
        named("coupons").await,
        named("deals").await,
        named("platform").await,
    );
    let extensions = format!("/coupons=http://{coupons},/coupons/deals=http://{deals}");
    let url = move |_| Some(format!("http://{platform}"));
    let gateway = Gateway::extended(Limits::default(), AuthSettings::None, None, &extensions, url).await;
    for (path, expected) in [
        ("/coupons", "coupons /coupons"),
        ("/coupons/", "coupons /coupons/"),
        ("/coupons/7?a=b%20c", "coupons /coupons/7?a=b%20c"),
        ("/coupons/deals", "deals /coupons/deals"),
        ("/coupons/deals/", "deals /coupons/deals/"),
        ("/coupons/deals/7", "deals /coupons/deals/7"),
        ("/coupons/dealsome", "coupons /coupons/dealsome"),
        ("/couponsome", "platform /couponsome"),
        ("/orders/1", "platform /orders/1"),
        ("/", "platform /"),
    ] {
        let response = gateway.get(path).await;
        assert_eq!(response.text().await.unwrap(), expected, "{path}");
    }
    let order = gateway
        .request(reqwest::Method::POST, "/coupons/7")
        .send()
        .await
        .unwrap();
    assert_eq!(
        order.text().await.unwrap(),
        "coupons /coupons/7",
        "whatever the method"
    );
}

#[tokio::test]
async fn an_unreachable_extension_is_a_503_that_names_it() {
    let extensions = format!("/coupons=http://{}", free_address());
    let gateway = Gateway::extended(quick(), AuthSettings::None, None, &extensions, |_| None).await;
    let response = gateway.get("/coupons/7").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("the coupons service cannot be reached")
    );
}

#[tokio::test]
async fn a_service_that_the_platform_does_not_run_is_a_404_that_names_it() {
    let gateway = Gateway::start(Limits::default(), |_| None).await;
    let response = gateway.get("/recommendations").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.text().await.unwrap().contains("no marketing service"));
}

#[tokio::test]
async fn a_service_gets_the_origin_and_the_client_the_request_id() {
    let headers = |headers: HeaderMap| async move {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Json(pairs.collect::<std::collections::BTreeMap<_, _>>())
    };
    let upstream = serve(Router::new().fallback(get(headers))).await;
    let gateway = Gateway::to(upstream, Limits::default()).await;
    let request = gateway
        .request(reqwest::Method::GET, "/orders")
        .header("host", "shop.example")
        .header("x-forwarded-for", "6.6.6.6")
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("x-request-id", "abc");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "abc");
    let seen: serde_json::Value = response.json().await.unwrap();
    assert_eq!(seen["x-forwarded-for"], "127.0.0.1");
    assert_eq!(seen["x-forwarded-host"], "shop.example");
    assert_eq!(
        seen["forwarded"],
        "for=127.0.0.1;host=\"shop.example\";proto=http"
    );
    assert_eq!(seen["host"], upstream.to_string());
    assert!(seen.get("x-hop").is_none());
}

#[tokio::test]
async fn a_request_body_is_forwarded_while_it_is_being_sent() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let receive = move |request: Request| async move {
        let mut chunks = request.into_body().into_data_stream();
        while let Some(chunk) = chunks.next().await {
            arrived.send(chunk.unwrap()).unwrap();
        }
        "all there"
    };
    let upstream = serve(Router::new().fallback(post(receive))).await;
    let gateway = Gateway::to(upstream, Limits::default()).await;
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let head =
        "POST /orders HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(b"5\r\nfirst\r\n").await.unwrap();
    assert_eq!(arrivals.recv().await.unwrap(), "first");
    client.write_all(b"6\r\nsecond\r\n0\r\n\r\n").await.unwrap();
    assert_eq!(arrivals.recv().await.unwrap(), "second");
    let mut response = String::new();
    client.read_to_string(&mut response).await.unwrap();
    assert!(
        response.starts_with("HTTP/1.1 200") && response.contains("all there"),
        "{response}"
    );
}

#[tokio::test]
async fn events_are_streamed_at_once_and_end_with_the_gateway() {
    let (happen, events) = mpsc::unbounded_channel::<&'static str>();
    let events = std::sync::Arc::new(tokio::sync::Mutex::new(events));
    let stream = move || async move {
        let body = futures::stream::unfold(events, |events| async move {
            let event = events.lock().await.recv().await?;
            Some((Ok::<_, std::io::Error>(event), events))
        });
        ([("content-type", "text/event-stream")], Body::from_stream(body)).into_response()
    };
    let upstream = serve(Router::new().fallback(get(stream))).await;
    let gateway = Gateway::to(upstream, quick()).await;
    let mut response = gateway.get("/views/orders/1/events").await;
    for event in ["data: cooking\n\n", "data: delivered\n\n"] {
        happen.send(event).unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), event);
    }
    gateway.stop.cancel();
    assert_eq!(
        response.chunk().await.unwrap(),
        None,
        "an orderly end, not a broken connection"
    );
}

#[tokio::test]
async fn an_unsent_request_is_sent_once_the_service_is_up() {
    let address = free_address();
    let gateway = Gateway::to(address, Limits::default()).await;
    let order = gateway.request(reqwest::Method::POST, "/orders").body("chicken");
    let up = async {
        // The service takes some time to start.
        tokio::time::sleep(Duration::from_millis(200)).await;
        serve_at(
            address,
            Router::new().fallback(post(|body: String| async move { format!("got {body}") })),
        )
        .await;
    };
    let (response, ()) = tokio::join!(order.send(), up);
    assert_eq!(response.unwrap().text().await.unwrap(), "got chicken");
}

#[tokio::test]
async fn an_unreachable_service_is_a_503_after_the_retries() {
    let gateway = Gateway::to(free_address(), quick()).await;
    let started = Instant::now();
    let response = gateway
        .request(reqwest::Method::POST, "/orders")
        .body("chicken")
        .send()
        .await
        .unwrap();
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(
        (response.status(), &response.headers()["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().unwrap())
    );
    assert_eq!(
        problem_kind(response).await,
        "urn:fooddelivery:problem:service-unreachable"
    );
}

#[tokio::test]
async fn only_reads_are_retried_when_the_connection_breaks() {
    let upstream = flaky(1).await;
    let gateway = Gateway::to(upstream.address, Limits::default()).await;
    let response = gateway.get("/orders/1").await;
    assert_eq!((response.status(), upstream.requests()), (StatusCode::OK, 2));

    let upstream = flaky(1).await;
    let gateway = Gateway::to(upstream.address, Limits::default()).await;
    let response = gateway
        .request(reqwest::Method::POST, "/orders")
        .body("chicken")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status(), upstream.requests()),
        (StatusCode::BAD_GATEWAY, 1)
    );
    assert_eq!(
        problem_kind(response).await,
        "urn:fooddelivery:problem:answer-broken"
    );
}

#[tokio::test]
async fn a_service_that_does_not_respond_is_a_504() {
    let silent = serve(Router::new().fallback(get(std::future::pending::<()>))).await;
    let gateway = Gateway::to(silent, quick()).await;
    let response = gateway.get("/orders").await;
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(
        problem_kind(response).await,
        "urn:fooddelivery:problem:answer-late"
    );
}

#[tokio::test]
async fn a_too_large_body_is_a_413_with_or_without_its_length() {
    let swallow = |body: Body| async move {
        let read = axum::body::to_bytes(body, usize::MAX).await;
        read.map(|bytes| bytes.len().to_string())
            .map_err(|_| StatusCode::BAD_REQUEST)
    };
    let upstream = serve(Router::new().fallback(post(swallow))).await;
    let small = Limits {
        body: 1_000,
        ..Limits::default()
    };
    let gateway = Gateway::to(upstream, small).await;
    let post = |size: usize| {
        gateway
            .request(reqwest::Method::POST, "/orders")
            .body(vec![b'x'; size])
            .send()
    };
    assert_eq!(post(1_000).await.unwrap().text().await.unwrap(), "1000");
    let response = post(1_001).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        problem_kind(response).await,
        "urn:fooddelivery:problem:body-too-large"
    );

    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let head =
        "POST /orders HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("3e9\r\n{}\r\n0\r\n\r\n", "x".repeat(1_001));
    client
        .write_all(format!("{head}{chunk}").as_bytes())
        .await
        .unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 413"), "{response}");
}

#[tokio::test]
async fn a_replaced_service_is_reached_again_at_once() {
    let address = free_address();
    let answer_as = |name: &'static str| Router::new().fallback(any(move || async move { name }));
    let old = serve_at(address, answer_as("old")).await;
    let gateway = Gateway::to(address, Limits::default()).await;
    assert_eq!(gateway.get("/orders").await.text().await.unwrap(), "old");
    old.end().await;
    serve_at(address, answer_as("new")).await;
    let order = gateway
        .request(reqwest::Method::POST, "/orders")
        .body("chicken")
        .send()
        .await
        .unwrap();
    assert_eq!(order.text().await.unwrap(), "new", "no stale connection is used");
}
