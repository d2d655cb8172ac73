//! Tests sign-in, roles and rate limits of the gateway with real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use axum::body::Body;
use axum::extract::Request;
use axum::routing::any;
use axum::{Json, Router};
use fdp_http::Caller;
use fdp_http::guest::{self, Guest};
use futures::stream::{self, FuturesUnordered, StreamExt as _};
use gateway::layers::authentication::{AuthSettings, IssuerSettings};
use gateway::layers::proxy::Limits;
use gateway::layers::rate_limit::RateLimit;
use http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use world::issuer::{self, Issuer, Key};
use world::{Gateway, problem_kind, serve};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Starts a service that responds with the caller and the token that it received.
async fn mirror() -> String {
    let response = async |request: Request| {
        let header = |name: &str| {
            request
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let person = match Caller::of(request.headers()).unwrap() {
            Caller::System => Value::Null,
            Caller::Person(person) => json!(person),
        };
        Json(json!({"caller": person, "authorization": header("authorization")}))
    };
    format!("http://{}", serve(Router::new().fallback(any(response))).await)
}

async fn gateway_of(settings: AuthSettings, rate: Option<RateLimit>) -> Gateway {
    let upstream = mirror().await;
    Gateway::guarded(Limits::default(), settings, rate, move |_| Some(upstream.clone())).await
}

async fn with_issuer(settings: IssuerSettings) -> Gateway {
    gateway_of(AuthSettings::Oidc(settings), None).await
}

async fn demo() -> Gateway {
    gateway_of(
        AuthSettings::Demo {
            seed: "test".to_owned(),
        },
        None,
    )
    .await
}

async fn send(gateway: &Gateway, path: &str, token: &str) -> reqwest::Response {
    gateway
        .request(Method::GET, path)
        .bearer_auth(token)
        .send()
        .await
        .unwrap()
}

async fn caller(response: reqwest::Response) -> Value {
    assert_eq!(response.status(), StatusCode::OK);
    response.json::<Value>().await.unwrap()["caller"].take()
}

/// Sends requests until the response has that status.
async fn until(status: StatusCode, gateway: &Gateway, token: &str) {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let found = send(gateway, "/orders", token).await.status();
        if found == status {
            return;
        }
        assert!(Instant::now() < deadline, "{found} where {status} was expected");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_service_learns_the_caller_and_does_not_get_the_token() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let gateway = with_issuer(issuer.settings()).await;
    let response = send(&gateway, "/orders", &issuer.token(&key, "kim", "customer")).await;
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body["caller"],
        json!({"subject": "kim", "roles": ["customer"], "stores": ["1"]})
    );
    assert_eq!(body["authorization"], Value::Null);
}

#[tokio::test]
async fn a_client_cannot_set_the_caller_itself() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let gateway = with_issuer(issuer.settings()).await;
    let token = issuer.token(&key, "kim", "customer");
    // {"subject":"boss","roles":["admin"]}
    let forged = "eyJzdWJqZWN0IjoiYm9zcyIsInJvbGVzIjpbImFkbWluIl19";
    for connection in ["keep-alive", "x-fdp-caller", "X-Fdp-Caller, close"] {
        for path in ["/orders", "/", "/views/orders"] {
            let request = gateway
                .request(Method::GET, path)
                .header("x-fdp-caller", forged)
                .header("x-fdp-caller", "")
                .header("connection", connection);
            let seen = caller(request.bearer_auth(&token).send().await.unwrap()).await;
            assert_eq!(seen["subject"], "kim", "{connection} {path}");
        }
        let stranger = gateway
            .request(Method::GET, "/")
            .header("x-fdp-caller", forged)
            .header("connection", connection);
        let seen = caller(stranger.send().await.unwrap()).await;
        assert_eq!(seen, json!({"subject": ""}), "{connection}: known to be unknown");
    }
}

#[tokio::test]
async fn without_a_token_only_pages_and_views_of_a_guest_are_allowed() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let gateway = with_issuer(issuer.settings()).await;
    assert_eq!(gateway.get("/").await.status(), StatusCode::OK);
    let refused = gateway.get("/orders").await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        refused.headers()["www-authenticate"],
        "Bearer realm=\"food-delivery\""
    );
    assert_eq!(
        problem_kind(refused).await,
        "urn:fooddelivery:problem:token-missing"
    );

    let with = |cookie: String| {
        gateway
            .request(Method::GET, "/views/orders/1")
            .header("cookie", cookie)
            .send()
    };
    let guest = Guest::make();
    let cookie = format!("lang=ko; {}={}", guest::COOKIE, guest.secret());
    let seen = caller(with(cookie).await.unwrap()).await;
    assert_eq!(seen, json!({"subject": guest.id()}));
    // A rider who delivers the order knows this id.
    for cookie in [
        format!("customer={}", guest.id()),
        format!("{}={}", guest::COOKIE, guest.id()),
    ] {
        let response = with(cookie).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(
        gateway.get("/views/orders/1").await.status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_payment_provider_needs_no_token_and_is_counted_and_sends_little() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let rate = RateLimit {
        per_second: NonZeroU32::MIN,
        burst: NonZeroU32::new(3).unwrap(),
    };
    let gateway = gateway_of(AuthSettings::Oidc(issuer.settings()), Some(rate)).await;
    let send = |path: &'static str, bytes: usize| {
        gateway
            .request(Method::POST, path)
            .header("stripe-signature", "t=1,v1=00")
            .body(vec![b'x'; bytes])
            .send()
    };
    let webhook = "/payments/webhooks/stripe";
    assert_eq!(send(webhook, 64 * 1024).await.unwrap().status(), StatusCode::OK);
    let too_large = send(webhook, 64 * 1024 + 1).await.unwrap();
    assert_eq!(too_large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let unknown = send("/payments/webhooks/other", 1).await.unwrap();
    assert_eq!(unknown.status(), StatusCode::METHOD_NOT_ALLOWED);
    let read = gateway.get(webhook).await;
    assert_eq!(read.status(), StatusCode::UNAUTHORIZED);
    let mut refused = false;
    for _ in 0..20 {
        refused |= send(webhook, 1).await.unwrap().status() == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(refused);
}

#[tokio::test]
async fn a_subject_of_the_issuer_is_never_a_guest() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let gateway = with_issuer(issuer.settings()).await;
    let token = issuer.token(&key, &Guest::make().id(), "customer");
    let response = send(&gateway, "/orders", &token).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        problem_kind(response).await,
        "urn:fooddelivery:problem:token-guest"
    );
}

#[tokio::test]
async fn an_event_stream_ends_when_its_token_expires() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let endless = async || {
        let first = stream::once(async { Ok::<_, std::io::Error>("data: 1\n\n") });
        let events = Body::from_stream(first.chain(stream::pending()));
        ([("content-type", "text/event-stream")], events)
    };
    let upstream = format!("http://{}", serve(Router::new().fallback(any(endless))).await);
    let settings = AuthSettings::Oidc(IssuerSettings {
        clock_skew: Duration::ZERO,
        ..issuer.settings()
    });
    let gateway = Gateway::guarded(Limits::default(), settings, None, move |_| Some(upstream.clone())).await;
    let ends = issuer::now() + 2;
    let token = issuer.token_until(&key, "kim", "customer", ends);
    let response = send(&gateway, "/views/orders/ord_1/events", &token).await;
    assert_eq!(response.status(), StatusCode::OK);
    let events = tokio::time::timeout(TIMEOUT, response.text()).await;
    assert_eq!(events.expect("they end").unwrap(), "data: 1\n\n");
    assert!(issuer::now() >= ends, "and not before the token does");
}

#[tokio::test]
async fn a_token_without_the_role_is_a_403_that_names_it() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let gateway = with_issuer(issuer.settings()).await;
    let response = send(&gateway, "/orders", &issuer.token(&key, "park", "rider")).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(response.text().await.unwrap().contains("customer or admin"));
}

#[tokio::test]
async fn an_extension_learns_the_caller_and_needs_a_token() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let extensions = format!("/coupons={}", mirror().await);
    let settings = AuthSettings::Oidc(issuer.settings());
    let gateway = Gateway::extended(Limits::default(), settings, None, &extensions, |_| None).await;
    for role in ["customer", "owner", "rider", "admin"] {
        let response = send(&gateway, "/coupons/7", &issuer.token(&key, "kim", role)).await;
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["caller"]["subject"], "kim", "{role}");
        assert_eq!(body["caller"]["roles"], json!([role]), "{role}");
        assert_eq!(
            body["authorization"],
            Value::Null,
            "the token stays at the gateway"
        );
    }
    let nothing = send(&gateway, "/coupons/7", &issuer.token(&key, "kim", "cook")).await;
    assert_eq!(nothing.status(), StatusCode::FORBIDDEN);
    let stranger = gateway.get("/coupons/7").await;
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_invalid_token_is_a_401_even_where_none_is_needed() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let gateway = with_issuer(issuer.settings()).await;
    let forged = Key::new("1");
    let response = send(&gateway, "/", &issuer.token(&forged, "kim", "admin")).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let challenge = response.headers()["www-authenticate"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
    let basic = gateway
        .request(Method::GET, "/orders")
        .basic_auth("kim", Some("secret"));
    let response = basic.send().await.unwrap();
    assert_eq!(
        problem_kind(response).await,
        "urn:fooddelivery:problem:token-malformed"
    );
}

#[tokio::test]
async fn keys_rotate_under_traffic_and_no_valid_token_is_rejected() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let issuer = Issuer::new(&[&old]);
    issuer.serve().await;
    let gateway = with_issuer(issuer.settings()).await;
    let (by_old, by_new) = (
        issuer.token(&old, "kim", "customer"),
        issuer.token(&new, "kim", "customer"),
    );
    until(StatusCode::OK, &gateway, &by_old).await;
    assert_eq!(
        send(&gateway, "/orders", &by_new).await.status(),
        StatusCode::UNAUTHORIZED
    );

    issuer.publish(&[&new, &old]);
    for _ in 0..20 {
        for token in [&by_new, &by_old] {
            assert_eq!(send(&gateway, "/orders", token).await.status(), StatusCode::OK);
        }
    }
    issuer.publish(&[&new]);
    until(StatusCode::UNAUTHORIZED, &gateway, &by_old).await;
    assert_eq!(send(&gateway, "/orders", &by_new).await.status(), StatusCode::OK);
    let refused = send(&gateway, "/orders", &by_old).await;
    assert_eq!(
        problem_kind(refused).await,
        "urn:fooddelivery:problem:token-unknown-key"
    );
}

#[tokio::test]
async fn invented_keys_do_not_flood_the_issuer_with_lookups() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let gateway = with_issuer(IssuerSettings {
        refresh: Duration::from_mins(1),
        ..issuer.settings()
    })
    .await;
    until(StatusCode::OK, &gateway, &issuer.token(&key, "kim", "customer")).await;
    let (before, started) = (issuer.lookups(), Instant::now());
    let requests = (0..100).map(|number| {
        let token = issuer.token(&Key::new(&format!("made up {number}")), "kim", "admin");
        let gateway = &gateway;
        async move { send(gateway, "/orders", &token).await.status() }
    });
    for status in futures::future::join_all(requests).await {
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let most = 2 + started.elapsed().as_millis() / 50;
    let lookups = issuer.lookups() - before;
    assert!(
        lookups as u128 <= most && lookups < 50,
        "{lookups} look-ups, {most} at most"
    );
}

#[tokio::test]
async fn invented_keys_are_counted_before_they_wait_for_the_issuer() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let settings = IssuerSettings {
        // Requests whose key has to be looked up wait for this long.
        pause: TIMEOUT * 3,
        refresh: TIMEOUT * 6,
        ..issuer.settings()
    };
    let rate = RateLimit {
        per_second: NonZeroU32::MIN,
        burst: NonZeroU32::new(3).unwrap(),
    };
    let gateway = gateway_of(AuthSettings::Oidc(settings), Some(rate)).await;
    let good = issuer.token(&key, "kim", "customer");
    assert_eq!(send(&gateway, "/orders", &good).await.status(), StatusCode::OK);
    let mut requests: FuturesUnordered<_> = (0..40)
        .map(|number| {
            let token = issuer.token(&Key::new(&format!("made up {number}")), "kim", "admin");
            let gateway = &gateway;
            async move { send(gateway, "/orders", &token).await.status() }
        })
        .collect();
    for _ in 0..20 {
        let responded = tokio::time::timeout(TIMEOUT, requests.next()).await;
        assert_eq!(
            responded.expect("without waiting"),
            Some(StatusCode::TOO_MANY_REQUESTS)
        );
    }
    assert_eq!(
        send(&gateway, "/orders", &good).await.status(),
        StatusCode::OK,
        "who is known is counted apart"
    );
}

#[tokio::test]
async fn the_issuer_may_start_late_and_be_down_for_a_while() {
    const KEEP: Duration = Duration::from_millis(1500);
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    let settings = IssuerSettings {
        keep: KEEP,
        ..issuer.settings()
    };
    let gateway = with_issuer(settings).await;
    let token = issuer.token(&key, "kim", "customer");
    let response = send(&gateway, "/orders", &token).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(
        problem_kind(response).await,
        "urn:fooddelivery:problem:issuer-away"
    );

    let server = issuer.serve().await;
    until(StatusCode::OK, &gateway, &token).await;
    server.end().await;
    while issuer.silent_for() < KEEP / 2 {
        let status = send(&gateway, "/orders", &token).await.status();
        // On a slow machine, a response may take that long.
        if issuer.silent_for() < KEEP {
            assert_eq!(status, StatusCode::OK, "the keys are still known");
        }
    }
    let new = issuer.token(&Key::new("2"), "kim", "customer");
    let response = send(&gateway, "/orders", &new).await;
    assert_eq!(
        response.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "nobody knows whether that key is good"
    );
    until(StatusCode::SERVICE_UNAVAILABLE, &gateway, &token).await;
    assert!(issuer.silent_for() >= KEEP, "not before the time is over");
    issuer.serve().await;
    until(StatusCode::OK, &gateway, &token).await;
}

#[tokio::test]
async fn an_issuer_with_another_name_is_not_trusted() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let settings = issuer.settings();
    let other = IssuerSettings {
        issuer: format!("{}/", settings.issuer),
        ..settings
    };
    let gateway = with_issuer(other).await;
    let response = send(&gateway, "/orders", &issuer.token(&key, "kim", "customer")).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn in_the_demo_only_a_token_of_a_persona_restricts_a_request() {
    let gateway = demo().await;
    assert_eq!(
        caller(gateway.get("/orders").await).await,
        Value::Null,
        "as admin"
    );
    let request = gateway
        .request(Method::POST, "/demo/token")
        .json(&json!({"persona": "rider"}));
    let given: Value = request.send().await.unwrap().json().await.unwrap();
    let token = given["access_token"].as_str().unwrap();
    assert_eq!(
        caller(send(&gateway, "/deliveries", token).await).await["subject"],
        "rider"
    );
    assert_eq!(
        send(&gateway, "/orders", token).await.status(),
        StatusCode::FORBIDDEN
    );
    let unknown = gateway
        .request(Method::POST, "/demo/token")
        .json(&json!({"persona": "king"}));
    assert!(unknown.send().await.unwrap().status().is_client_error());
}

#[tokio::test]
async fn without_sign_in_every_request_acts_as_admin() {
    let gateway = gateway_of(AuthSettings::None, None).await;
    assert_eq!(
        caller(send(&gateway, "/orders", "whatever").await).await,
        Value::Null
    );
    let forged = gateway
        .request(Method::GET, "/orders")
        .header("x-fdp-caller", "forged");
    assert_eq!(caller(forged.send().await.unwrap()).await, Value::Null);
}

#[tokio::test]
async fn each_subject_and_each_address_has_its_own_rate_limit() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let rate = RateLimit {
        per_second: NonZeroU32::MIN,
        burst: NonZeroU32::new(3).unwrap(),
    };
    let gateway = gateway_of(AuthSettings::Oidc(issuer.settings()), Some(rate)).await;
    let (kim, lee) = (
        issuer.token(&key, "kim", "customer"),
        issuer.token(&key, "lee", "customer"),
    );
    for remaining in ["2", "1", "0"] {
        let response = send(&gateway, "/orders", &kim).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["ratelimit-remaining"], remaining);
    }
    let refused = send(&gateway, "/orders", &kim).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(
        problem_kind(refused).await,
        "urn:fooddelivery:problem:too-many-requests"
    );
    assert_eq!(send(&gateway, "/orders", &lee).await.status(), StatusCode::OK);
    // The first token may have been counted for the address too: its key was not known at first.
    let mut let_in = 0;
    while gateway.get("/").await.status() == StatusCode::OK {
        let_in += 1;
        assert!(let_in < 30, "the address has a limit");
    }
    assert!(let_in >= 2, "kim has not used it up");
}
