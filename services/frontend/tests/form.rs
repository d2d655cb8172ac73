//! The shop's form, pressed again and again: what the order service hears of it.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chrono::{TimeDelta, Utc};
use fdp_contracts::{Event, OrderId, ProductSnapshot};
use fdp_kit::caller::{CALLER, Person, Role};
use fdp_kit::inbox::{Effects, PgInbox};
use fdp_kit::live::Live;
use fdp_kit::{Caller, Incoming, Outbox, Problem};
use frontend::app::App;
use frontend::clients::OrderClient;
use frontend::consumer::ViewWriter;
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// The order service: its next answers, and the key and the price of the first line of each order that came.
#[derive(Clone, Default)]
struct OrderService {
    answers: Arc<Mutex<Vec<StatusCode>>>,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
}

async fn answer(State(service): State<OrderService>, headers: HeaderMap, order: Json<Value>) -> Response {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let price = order.0["lines"][0]["unitPrice"].clone();
    service.heard.lock().unwrap().push((key, price));
    match service.answers.lock().unwrap().remove(0) {
        StatusCode::CREATED => {
            (StatusCode::CREATED, Json(json!({"orderId": OrderId::new()}))).into_response()
        }
        status => Problem::new(status, "some-reason", "because").into_response(),
    }
}

struct Shop {
    pool: PgPool,
    routes: Router,
    orders: OrderService,
}

impl Shop {
    async fn new(answers: impl IntoIterator<Item = StatusCode>) -> Self {
        let pool = fdp_test_database::migrated(&frontend::MIGRATIONS).await.unwrap();
        let orders = OrderService::default();
        orders.answers.lock().unwrap().extend(answers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = Router::new()
            .route("/orders", post(answer))
            .with_state(orders.clone());
        tokio::spawn(async move { axum::serve(listener, served).await });
        let app = App {
            pool: pool.clone(),
            live: Live::new("order_view"),
            orders: OrderClient::new(&address).unwrap(),
            product_price: 10_000,
            stopping: CancellationToken::new(),
        };
        Self {
            routes: frontend::http::routes(app),
            pool,
            orders,
        }
    }

    /// From `seconds` on a television costs so much.
    async fn price(&self, unit_price: u64, seconds: i64) {
        let product = Event::Product(ProductSnapshot {
            product_id: "1001".into(),
            product_name: "TV".into(),
            stock: 5,
            unit_price: Some(unit_price),
            changed_at: Utc::now() + TimeDelta::seconds(seconds),
        });
        let incoming = Incoming::open(product.into_cloud_event("inventory", None).unwrap()).unwrap();
        let writer = ViewWriter::new(Live::new("order_view"));
        let inbox = PgInbox::new(self.pool.clone(), Outbox::silent("frontend"), writer);
        inbox.bring_about(&[incoming]).await.unwrap();
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, String) {
        let answer = self.routes.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn page(&self) -> String {
        let (status, page) = self.ask(kim().uri("/").body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        page
    }

    /// Presses the button on a page, with one television chosen.
    async fn press(&self, page: &str) -> (StatusCode, String) {
        let (key, price) = (value(page, "key"), value(page, "price-product-1001"));
        let form = format!("key={key}&product-1001=1&price-product-1001={price}");
        let request = kim()
            .method("POST")
            .uri("/shop/orders")
            .header("content-type", "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form)).unwrap()).await
    }
}

fn kim() -> http::request::Builder {
    let kim = Caller::Person(Person {
        subject: "kim".to_owned(),
        roles: [Role::Customer].into(),
        stores: Vec::new(),
    });
    Request::builder()
        .header("accept-language", "en")
        .header(CALLER, kim.header().unwrap())
}

/// What a hidden field of a page holds.
fn value<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn a_second_press_repeats_an_order_whose_answer_was_lost_and_begins_anew_after_a_clear_no() {
    let lost = StatusCode::INTERNAL_SERVER_ERROR;
    let shop = Shop::new([lost, StatusCode::PAYMENT_REQUIRED, StatusCode::CREATED]).await;
    shop.price(300, 0).await;
    let (status, page) = shop.press(&shop.page().await).await;
    assert_eq!(status, lost);
    let (status, page) = shop.press(&page).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    let (status, _) = shop.press(&page).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let heard = shop.orders.heard.lock().unwrap().clone();
    assert_eq!(
        heard[0], heard[1],
        "the answer was lost: it may have been ordered"
    );
    assert_ne!(
        heard[1].0, heard[2].0,
        "the payment was refused: this is another order"
    );
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn nobody_is_charged_a_price_that_the_page_did_not_show() {
    let shop = Shop::new([StatusCode::CREATED]).await;
    shop.price(300, 0).await;
    let page = shop.page().await;
    shop.price(400, 1).await;
    let (status, page) = shop.press(&page).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        page.contains("The price of something you chose has changed"),
        "{page}"
    );
    assert!(page.contains("₩400"));
    assert!(
        shop.orders.heard.lock().unwrap().is_empty(),
        "nothing was ordered"
    );
    let (status, _) = shop.press(&page).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(shop.orders.heard.lock().unwrap()[0].1, json!(400));
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn the_way_to_the_messages_leads_to_ones_own() {
    let shop = Shop::new([]).await;
    let page = shop.page().await;
    assert!(page.contains("href=\"/shop/notifications\""));
    let request = kim().uri("/shop/notifications").body(Body::empty()).unwrap();
    let answer = shop.routes.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        answer.headers()["location"],
        "/notifications?customerId=kim&lang=en"
    );
}
