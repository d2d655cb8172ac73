//! Tests that people in a browser never get JSON, whatever goes wrong, and that programs get nothing else.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

mod support;

use axum::Router;
use axum::body::Body;
use fdp_storage::live::Live;
use frontend::adapters::clients::OrderClient;
use frontend::adapters::http::{AppState, routes};
use frontend::adapters::storage::PgView;
use frontend::application::Storefront;
use http::{HeaderMap, Request, StatusCode};
use sqlx::postgres::PgPoolOptions;
use std::sync::Arc;
use std::time::Duration;
use support::workplace;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

/// A front end whose database is away.
fn front_end() -> Router {
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(300))
        .connect_lazy("postgres://nobody@127.0.0.1:9/nothing")
        .unwrap();
    let storefront = Storefront {
        view: Arc::new(PgView(pool)),
        live: Live::new("order_view"),
        orders: Arc::new(OrderClient::new("http://127.0.0.1:9").unwrap()),
        product_price: 10_000,
        stopping: CancellationToken::new(),
    };
    routes(AppState {
        workplace: workplace(&storefront.view, "http://127.0.0.1:9"),
        storefront,
    })
}

async fn send(request: http::request::Builder, body: &str) -> (StatusCode, HeaderMap, String) {
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (head, body) = front_end().oneshot(request).await.unwrap().into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (
        head.status,
        head.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

fn browser(method: &str, path: &str, language: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("accept", BROWSER)
        .header("accept-language", language)
}

#[tokio::test]
async fn without_its_database_the_shop_says_so_in_the_readers_language_and_loads_again() {
    for (language, sentence) in [
        ("en", "We cannot take this just now"),
        ("ko-KR,ko;q=0.9", "지금은 처리할 수 없어요"),
    ] {
        for path in ["/", "/shop/orders"] {
            let (status, headers, page) = send(browser("GET", path, language), "").await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(
                page.starts_with("<!doctype html>") && page.contains(sentence),
                "{page}"
            );
            assert_eq!(headers["retry-after"], "1");
            assert_eq!(headers["refresh"], "3");
            assert_eq!(headers["cache-control"], "no-store");
            assert_eq!(headers["vary"], "Accept, Accept-Language, Cookie");
            assert!(headers.contains_key("content-security-policy"));
        }
    }
}

#[tokio::test]
async fn without_the_services_behind_them_the_pages_of_owners_and_riders_say_so() {
    for (language, sentence) in [
        ("en", "We cannot take this just now"),
        ("ko", "지금은 처리할 수 없어요"),
    ] {
        for path in ["/work/stores/1", "/work/stores/1/menu", "/work/deliveries"] {
            let (status, headers, page) = send(browser("GET", path, language), "").await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(page.contains(sentence), "{page}");
            assert_eq!(headers["refresh"], "3");
        }
    }
}

#[tokio::test]
async fn whatever_goes_wrong_a_browser_gets_a_page() {
    let urlencoded = "application/x-www-form-urlencoded";
    let broken = "/shop/orders/%ff";
    for (method, path, kind, status) in [
        ("GET", "/nowhere", "", StatusCode::NOT_FOUND),
        ("GET", "/shop/nowhere", "", StatusCode::NOT_FOUND),
        ("GET", "/shop/orders/ord_1", "", StatusCode::NOT_FOUND),
        ("GET", broken, "", StatusCode::BAD_REQUEST),
        ("GET", "/assets/0/nothing.css", "", StatusCode::NOT_FOUND),
        ("GET", "/views/orders", "", StatusCode::BAD_REQUEST),
        (
            "GET",
            "/shop/orders/ord_1/cancel",
            "",
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        ("PUT", "/shop/orders", urlencoded, StatusCode::METHOD_NOT_ALLOWED),
        (
            "POST",
            "/shop/orders",
            "text/plain",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            "POST",
            "/shop/basket",
            "text/plain",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            "POST",
            "/shop/orders",
            urlencoded,
            StatusCode::SERVICE_UNAVAILABLE,
        ),
    ] {
        let request = || browser(method, path, "ko").header("content-type", kind);
        let (given, headers, page) = send(request(), "key=1").await;
        assert_eq!(given, status, "{method} {path}");
        assert_eq!(
            headers["content-type"], "text/html; charset=utf-8",
            "{method} {path}"
        );
        assert!(
            page.contains("lang=\"ko\"") && page.contains("문제가 생겼어요"),
            "{page}"
        );
        assert_eq!(
            headers.contains_key("refresh"),
            method == "GET" && status.is_server_error()
        );
    }
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_with_a_page() {
    let foreign = browser("POST", "/shop/orders", "en").header("sec-fetch-site", "cross-site");
    let (status, _, page) = send(foreign, "key=1").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(page.contains("sent from a page of another site"), "{page}");
}

#[tokio::test]
async fn programs_get_problems() {
    for accept in ["*/*", "application/json"] {
        for path in ["/", "/nowhere", "/shop/orders/ord_1", "/shop/orders/ord_1/cancel"] {
            let request = Request::get(path).header("accept", accept);
            let (_, headers, body) = send(request, "").await;
            assert_eq!(
                headers["content-type"], "application/problem+json",
                "{path}: {body}"
            );
            assert_eq!(headers["vary"], "Accept");
        }
    }
}

#[tokio::test]
async fn a_page_about_a_strange_address_leads_to_no_other_site() {
    let (status, _, page) = send(browser("GET", "//evil.example/", "en"), "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(!page.contains("evil.example"), "{page}");
}
