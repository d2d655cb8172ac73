//! Tests where the shop leads a customer who has to pay at a provider: there, back, to the order, or to the shop again.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

mod support;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use fdp_contracts::OrderId;
use fdp_http::caller::{CALLER, Person, Role};
use fdp_http::{Caller, Problem};
use fdp_storage::live::Live;
use frontend::adapters::clients::OrderClient;
use frontend::adapters::http::{AppState, routes};
use frontend::adapters::storage::PgView;
use frontend::application::Storefront;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::json;
use sqlx::postgres::PgPoolOptions;
use std::sync::{Arc, Mutex};
use support::workplace;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const PAY_URL: &str = "https://pay.example/1?a=1";

/// What the order service says of every order.
#[derive(Debug, Clone, Copy)]
enum Standing {
    Awaited,
    Placed,
    NotPaid,
}

type Shared = Arc<Mutex<Standing>>;

async fn respond(State(standing): State<Shared>, method: Method) -> Response {
    let order_id = OrderId::new();
    let now = *standing.lock().unwrap();
    if method == Method::DELETE {
        *standing.lock().unwrap() = Standing::NotPaid;
    }
    match now {
        Standing::Awaited => {
            let body = json!({"orderId": order_id, "customerId": "kim", "state": "AwaitingPayment",
                "amount": 39_000, "payUrl": PAY_URL, "expiresAt": "2026-05-05T09:30:00Z"});
            (StatusCode::ACCEPTED, Json(body)).into_response()
        }
        Standing::Placed => Json(json!({"orderId": order_id})).into_response(),
        Standing::NotPaid => {
            Problem::new(StatusCode::GONE, "payment-not-finished", "too late").into_response()
        }
    }
}

struct Shop {
    standing: Shared,
    routes: Router,
}

impl Shop {
    /// A shop whose database is away: these pages do without.
    async fn new() -> Self {
        let standing = Arc::new(Mutex::new(Standing::Awaited));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = Router::new()
            .route("/orders/{order_id}", get(respond).delete(respond))
            .with_state(standing.clone());
        tokio::spawn(async move { axum::serve(listener, served).await });
        let pool = PgPoolOptions::new()
            .connect_lazy("postgres://nobody@127.0.0.1:9/nothing")
            .unwrap();
        let storefront = Storefront {
            view: Arc::new(PgView(pool)),
            live: Live::new("order_view"),
            orders: Arc::new(OrderClient::new(&address).unwrap()),
            product_price: 10_000,
            stopping: CancellationToken::new(),
        };
        let state = AppState {
            workplace: workplace(&storefront.view, "http://127.0.0.1:9"),
            storefront,
        };
        Self {
            standing,
            routes: routes(state),
        }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        customer: &str,
        language: &str,
    ) -> (StatusCode, HeaderMap, String) {
        let caller = Caller::Person(Person {
            subject: customer.to_owned(),
            roles: [Role::Customer].into(),
            ..Person::default()
        });
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("accept", "text/html")
            .header("accept-language", language)
            .header(CALLER, caller.header().unwrap());
        let response = self.routes.clone().oneshot(request.body(Body::empty()).unwrap());
        let (head, body) = response.await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (
            head.status,
            head.headers,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    }
}

#[tokio::test]
async fn whoever_has_just_ordered_is_led_to_the_payment_and_comes_back_to_wait() {
    let shop = Shop::new().await;
    let path = format!("/shop/orders/{}/payment", OrderId::new());
    let (status, _, page) = shop.send("GET", &format!("{path}?go=1"), "kim", "en").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("content=\"0; url=https://pay.example/1?a=1\""),
        "{page}"
    );
    let (status, _, page) = shop.send("GET", &path, "kim", "ko").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("결제 대기") && page.contains("₩39,000"), "{page}");
    assert!(page.contains("http-equiv=\"refresh\" content=\"3\""), "{page}");

    *shop.standing.lock().unwrap() = Standing::Placed;
    let (status, headers, _) = shop.send("GET", &path, "kim", "ko").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(headers["location"], path.trim_end_matches("/payment"));
}

#[tokio::test]
async fn whoever_does_not_pay_is_told_that_nothing_was_charged() {
    let shop = Shop::new().await;
    let path = format!("/shop/orders/{}/payment", OrderId::new());
    let (status, headers, _) = shop.send("POST", &format!("{path}/cancel"), "kim", "en").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(
        headers["location"].to_str().unwrap().ends_with("/payment"),
        "{headers:?}"
    );
    for (language, words) in [("en", "Nothing was charged"), ("ko", "결제된 금액은 없어요")] {
        let (status, _, page) = shop.send("GET", &path, "kim", language).await;
        assert_eq!(status, StatusCode::GONE);
        assert!(page.contains(words) && page.contains("href=\"/\""), "{page}");
    }
}

#[tokio::test]
async fn nobody_sees_or_gives_up_what_somebody_else_has_to_pay() {
    let shop = Shop::new().await;
    let path = format!("/shop/orders/{}/payment", OrderId::new());
    for (method, path) in [("GET", path.clone()), ("POST", format!("{path}/cancel"))] {
        let (status, _, page) = shop.send(method, &path, "lee", "en").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method}");
        assert!(!page.contains("pay.example"), "{page}");
    }
    assert!(matches!(*shop.standing.lock().unwrap(), Standing::Awaited));
    let unreadable = shop.send("GET", "/shop/orders/17/payment", "kim", "en").await;
    assert_eq!(unreadable.0, StatusCode::NOT_FOUND);
}
