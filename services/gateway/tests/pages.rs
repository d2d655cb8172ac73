//! Tests that people in a browser get pages instead of problems, and programs the problems as they are.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use axum::Router;
use axum::response::IntoResponse as _;
use axum::routing::any;
use fdp_http::Problem;
use gateway::layers::authentication::AuthSettings;
use gateway::layers::proxy::Limits;
use gateway::layers::rate_limit::RateLimit;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use std::num::NonZeroU32;
use std::time::Duration;
use world::issuer::{Issuer, Key};
use world::{Gateway, free_address, problem_kind, serve};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

fn quick() -> Limits {
    Limits {
        body: 1_000,
        response_timeout: Duration::from_millis(300),
        retry_window: Duration::from_millis(100),
        ..Limits::default()
    }
}

/// A gateway to a front end that is away.
async fn without_front_end() -> Gateway {
    Gateway::to(free_address(), quick()).await
}

async fn browse(request: RequestBuilder, language: &str) -> Response {
    let request = request.header("accept", BROWSER);
    request.header("accept-language", language).send().await.unwrap()
}

async fn page(response: Response) -> String {
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let page = response.text().await.unwrap();
    assert!(page.starts_with("<!doctype html>"), "{page}");
    page
}

#[tokio::test]
async fn while_the_shop_is_away_a_browser_gets_a_page_that_tries_again_by_itself() {
    let gateway = without_front_end().await;
    let response = browse(gateway.request(Method::GET, "/"), "en").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    for (name, value) in [
        ("retry-after", "1"),
        ("refresh", "3"),
        ("cache-control", "no-store"),
        ("content-language", "en"),
        ("vary", "Accept, Accept-Language, Cookie"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    let page = page(response).await;
    assert!(
        page.contains("We are back in a moment") && page.contains("href=\"\""),
        "{page}"
    );
    for loaded in ["src=", "<link", "<script", "url("] {
        assert!(!page.contains(loaded), "it loads something: {page}");
    }
}

#[tokio::test]
async fn the_page_speaks_the_language_that_the_shop_speaks() {
    let gateway = without_front_end().await;
    let korean = "lang=\"ko\"";
    let get = |path: &str| gateway.request(Method::GET, path);
    assert!(
        page(browse(get("/"), "ko-KR,ko;q=0.9").await)
            .await
            .contains(korean)
    );
    let chosen = get("/").header("cookie", "guest=1; lang=ko");
    assert!(page(browse(chosen, "en").await).await.contains(korean));
    let chosen = get("/?lang=ko").header("cookie", "lang=en");
    let page = page(browse(chosen, "en").await).await;
    assert!(
        page.contains(korean) && page.contains("잠시 후에 다시 열려요"),
        "{page}"
    );
}

#[tokio::test]
async fn a_form_that_was_not_delivered_is_not_sent_again_by_itself() {
    let gateway = without_front_end().await;
    let form = gateway.request(Method::POST, "/shop/orders").body("key=1");
    let response = browse(form, "en").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "1");
    assert!(!response.headers().contains_key("refresh"));
    assert!(page(response).await.contains("Nothing was done."));
}

#[tokio::test]
async fn programs_get_the_problem() {
    let gateway = without_front_end().await;
    for accept in [
        "*/*",
        "application/json",
        "text/event-stream",
        "image/avif,*/*;q=0.8",
    ] {
        let response = gateway.request(Method::GET, "/").header("accept", accept);
        let response = response.send().await.unwrap();
        assert_eq!(response.headers()["vary"], "Accept", "{accept}");
        assert!(!response.headers().contains_key("refresh"));
        assert!(problem_kind(response).await.ends_with(":service-unreachable"));
    }
}

#[tokio::test]
async fn whatever_the_gateway_refuses_is_a_page_for_a_browser() {
    let gateway = without_front_end().await;
    let large = vec![b'x'; 1_001];
    for (request, status) in [
        (
            gateway.request(Method::POST, "/payments"),
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (
            gateway.request(Method::POST, "/openapi.json"),
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (
            gateway.request(Method::POST, "/shop/orders").body(large),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        let response = browse(request, "ko").await;
        assert_eq!(response.status(), status);
        assert!(page(response).await.contains("lang=\"ko\""));
    }
    let nothing = Gateway::start(quick(), |_| None).await;
    let response = browse(nothing.request(Method::GET, "/recommendations"), "en").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(page(response).await.contains("There is no page here"));

    let one = NonZeroU32::MIN;
    let rate = RateLimit {
        per_second: one,
        burst: one,
    };
    let upstream = serve(Router::new().fallback(any(|| async { "fine" }))).await;
    let url = move |_| Some(format!("http://{upstream}"));
    let limited = Gateway::guarded(quick(), AuthSettings::None, Some(rate), url).await;
    browse(limited.request(Method::GET, "/"), "en").await;
    let response = browse(limited.request(Method::GET, "/"), "en").await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key("retry-after") && response.headers().contains_key("refresh"));
    assert!(page(response).await.contains("That was a lot at once"));
}

#[tokio::test]
async fn who_has_to_sign_in_is_told_so_by_a_page_with_its_challenge() {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let settings = AuthSettings::Oidc(issuer.settings());
    let gateway = Gateway::guarded(quick(), settings, None, |_| Some("http://127.0.0.1:9".to_owned())).await;
    let response = browse(gateway.request(Method::GET, "/orders"), "en").await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().contains_key("www-authenticate"));
    assert!(page(response).await.contains("Please sign in first"));
}

#[tokio::test]
async fn a_problem_of_a_service_is_a_page_and_its_own_page_stays() {
    let refuse = || async {
        let length = [("x-trace-id", "abc")];
        (length, Problem::conflict("on-strike", "<nobody> cooks")).into_response()
    };
    let own = || async { (StatusCode::NOT_FOUND, axum::response::Html("<p>its own</p>")) };
    let routes = Router::new().route("/orders", any(refuse)).fallback(any(own));
    let gateway = Gateway::to(serve(routes).await, quick()).await;
    let response = browse(gateway.request(Method::GET, "/orders"), "en").await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(response.headers()["x-trace-id"], "abc");
    let shown = page(response).await;
    assert!(
        shown.contains("409 · on strike · &lt;nobody&gt; cooks"),
        "{shown}"
    );
    let response = browse(gateway.request(Method::GET, "/nowhere"), "en").await;
    assert!(!response.headers().contains_key("content-security-policy"));
    assert_eq!(response.text().await.unwrap(), "<p>its own</p>");
    let head = browse(gateway.request(Method::HEAD, "/orders"), "en").await;
    assert_eq!(head.status(), StatusCode::CONFLICT);
    assert_eq!(head.headers()["content-type"], "text/html; charset=utf-8");
}
