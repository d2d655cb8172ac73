//! Tests which requests the order service gets when the shop's form is submitted, once and repeatedly.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

mod support;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{TimeDelta, Utc};
use fdp_contracts::{
    Event, MenuItemSnapshot, OrderId, OrderLine, OrderSnapshot, OrderState, ProductSnapshot, StoreSnapshot,
};
use fdp_http::caller::{CALLER, Person, Role};
use fdp_http::{Caller, Problem};
use fdp_messaging::{Effects, Incoming};
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use fdp_storage::live::Live;
use frontend::adapters::clients::OrderClient;
use frontend::adapters::events::ViewWriter;
use frontend::adapters::http::{AppState, routes};
use frontend::adapters::storage::PgView;
use frontend::application::Storefront;
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::{Arc, Mutex};
use support::workplace;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// A mock of the order service: its next responses, and the key and the body of each order that it received.
#[derive(Clone, Default)]
struct OrderService {
    responses: Arc<Mutex<Vec<StatusCode>>>,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
    /// Whom all orders go to.
    recipient: Arc<Mutex<Option<Value>>>,
}

async fn tell_recipient(State(service): State<OrderService>) -> Response {
    match service.recipient.lock().unwrap().clone() {
        Some(recipient) => Json(recipient).into_response(),
        None => Problem::not_found("nobody has said where it goes").into_response(),
    }
}

async fn respond(
    State(service): State<OrderService>,
    headers: HeaderMap,
    Json(order): Json<Value>,
) -> Response {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    service.requests.lock().unwrap().push((key, order));
    match service.responses.lock().unwrap().remove(0) {
        StatusCode::CREATED => {
            (StatusCode::CREATED, Json(json!({"orderId": OrderId::new()}))).into_response()
        }
        StatusCode::ACCEPTED => {
            (StatusCode::ACCEPTED, Json(json!({"orderId": OrderId::new()}))).into_response()
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
    async fn new(responses: impl IntoIterator<Item = StatusCode>) -> Self {
        let pool = fdp_test_database::migrated(&frontend::MIGRATIONS).await.unwrap();
        let orders = OrderService::default();
        orders.responses.lock().unwrap().extend(responses);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = Router::new()
            .route("/orders", post(respond))
            .route("/orders/{order_id}/recipient", get(tell_recipient))
            .with_state(orders.clone());
        tokio::spawn(async move { axum::serve(listener, served).await });
        let storefront = Storefront {
            view: Arc::new(PgView(pool.clone())),
            live: Live::new("order_view"),
            orders: Arc::new(OrderClient::new(&address).unwrap()),
            product_price: 10_000,
            stopping: CancellationToken::new(),
        };
        Self {
            routes: routes(AppState {
                workplace: workplace(&storefront.view, "http://127.0.0.1:9"),
                storefront,
            }),
            pool,
            orders,
        }
    }

    /// Sets the price of a television, `seconds` from now.
    async fn set_price(&self, unit_price: u64, seconds: i64) {
        let product = Event::Product(ProductSnapshot {
            product_id: "1001".into(),
            store_id: "1".into(),
            product_name: "TV".into(),
            stock: 5,
            unit_price: Some(unit_price),
            changed_at: Utc::now() + TimeDelta::seconds(seconds),
        });
        self.hear(product).await;
    }

    async fn hear(&self, event: Event) {
        let incoming = Incoming::open(event.into_cloud_event("test", None).unwrap()).unwrap();
        let writer = ViewWriter::new(Live::new("order_view"));
        let inbox = PgInbox::new(self.pool.clone(), Outbox::silent("frontend"), writer);
        inbox.apply(&[incoming]).await.unwrap();
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn page(&self) -> String {
        self.page_at("/").await
    }

    async fn page_at(&self, path: &str) -> String {
        let (status, page) = self.send(kim().uri(path).body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        page
    }

    /// Orders one of each of these fields, at the prices that the page shows.
    async fn order(&self, page: &str, fields: &[&str]) -> (StatusCode, String) {
        let pairs = fields.iter().map(|field| {
            let price = value(page, &format!("price-{field}"));
            format!("&{field}=1&price-{field}={price}")
        });
        let form = format!("key={}{}", value(page, "key"), pairs.collect::<String>());
        let request = kim()
            .method("POST")
            .uri("/shop/orders")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    /// Presses a button of a page's form that leads to `action`, with these fields.
    async fn press(&self, action: &str, form: String) -> Response {
        let request = kim()
            .method("POST")
            .uri(action)
            .header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(Body::from(form)).unwrap();
        self.routes.clone().oneshot(request).await.unwrap()
    }

    /// Submits the form of a page, with one television chosen.
    async fn submit(&self, page: &str) -> (StatusCode, String) {
        self.order(page, &["product-1001"]).await
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

/// Store 2 with this version and a single dish.
fn pizzeria(version: u64) -> StoreSnapshot {
    StoreSnapshot {
        store_id: "2".into(),
        name: "동네 피자".into(),
        version,
        open: true,
        hours: None,
        paused_until: None,
        minimum_order: 0,
        delivery_fee: 0,
        menu: vec![MenuItemSnapshot {
            item_id: "chicken".into(),
            name: "통닭".into(),
            name_in_english: Some("Chicken".into()),
            description: None,
            description_in_english: None,
            picture: None,
            price: 17_000,
            available: true,
            sold_out_until: None,
        }],
        changed_at: Utc::now(),
    }
}

/// The value of a hidden field of a page.
fn value<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

/// The submit buttons of a page in the order of the document. A page of the shop has one form, wherever its buttons stand.
fn submit_buttons(page: &str) -> Vec<&str> {
    let tags = page.split("<button").skip(1);
    let tags = tags.map(|rest| rest.split_once('>').unwrap().0);
    tags.filter(|tag| !tag.contains("type=\"button\"")).collect()
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn enter_in_a_quantity_field_shows_the_total_and_orders_nothing() {
    let shop = Shop::new([]).await;
    shop.set_price(300, 0).await;
    let page = shop.page().await;
    let buttons = submit_buttons(&page);
    // What a browser presses for Enter.
    let first = buttons[0];
    assert!(
        first.contains("form=\"shop\"") && first.contains("formaction=\"/shop/basket\""),
        "{first}"
    );
    assert!(
        !first.contains("formnovalidate"),
        "a quantity is checked: {first}"
    );
    assert!(
        buttons.iter().any(|button| button.contains("id=\"order\"")),
        "{buttons:?}"
    );
    let key = value(&page, "key").to_owned();
    let form = format!("key={key}&product-1001=3&price-product-1001=300");
    let response = shop.press("/shop/basket", form).await;
    assert_eq!(response.status(), StatusCode::OK);
    let again = text(response).await;
    assert!(again.contains("₩900") && again.contains("value=\"3\""), "{again}");
    assert!(!again.contains("id=\"problem\""), "{again}");
    assert_eq!(value(&again, "key"), key);
    assert!(shop.orders.requests.lock().unwrap().is_empty());
    let empty = shop.press("/shop/basket", String::new()).await;
    assert!(!text(empty).await.contains("id=\"problem\""));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_address_of_the_basket_leads_to_the_shop() {
    let shop = Shop::new([]).await;
    let request = kim().uri("/shop/basket").body(Body::empty()).unwrap();
    let response = shop.routes.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], "/");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn another_language_keeps_the_basket_its_key_and_the_message() {
    let lost = StatusCode::GATEWAY_TIMEOUT;
    let shop = Shop::new([lost, StatusCode::CREATED]).await;
    shop.set_price(300, 0).await;
    let (status, page) = shop.submit(&shop.page().await).await;
    assert_eq!(status, lost);
    assert!(page.contains("We cannot take this just now"), "{page}");
    for language in ["ko", "en"] {
        let action = format!("formaction=\"/shop/basket?lang={language}\" formnovalidate");
        assert!(page.contains(&action), "{page}");
    }
    let (key, notice) = (value(&page, "key"), value(&page, "notice"));
    let form = format!("key={key}&notice={notice}&product-1001=1&price-product-1001=300");
    let response = shop.press("/shop/basket?lang=ko", form).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("lang=ko"), "{cookie}");
    let korean = text(response).await;
    assert!(
        korean.contains("lang=\"ko\"") && korean.contains("₩300"),
        "{korean}"
    );
    assert!(korean.contains("지금은 처리할 수 없어요"), "{korean}");
    let (status, _) = shop.submit(&korean).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let requests = shop.orders.requests.lock().unwrap().clone();
    assert_eq!(
        requests[0], requests[1],
        "the order may have been placed: in another language it is the same one"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_refused_order_keeps_the_basket() {
    let shop = Shop::new([StatusCode::PAYMENT_REQUIRED]).await;
    shop.set_price(300, 0).await;
    let form = |page: &str| {
        let key = value(page, "key");
        format!("key={key}&product-1001=2&price-product-1001=300")
    };
    let response = shop.press("/shop/orders", form(&shop.page().await)).await;
    assert_eq!(response.status(), StatusCode::PAYMENT_REQUIRED);
    let page = text(response).await;
    assert!(page.contains("The payment was refused"), "{page}");
    assert!(page.contains("₩600") && page.contains("value=\"2\""), "{page}");
    let unknown = form(&page).replace("product-1001", "product-9");
    let response = shop
        .press("/shop/orders", format!("{unknown}&product-1001=2"))
        .await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(response).await.contains("₩600"));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_refused_order_keeps_whom_it_goes_to_and_the_next_one_says_it() {
    let shop = Shop::new([StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CREATED]).await;
    shop.set_price(300, 0).await;
    let form = |page: &str, phone: &str| {
        let key = value(page, "key");
        format!(
            "key={key}&product-1001=1&price-product-1001=300&recipient-name=Kim&recipient-address=Seoul+1\
             &recipient-phone={phone}&recipient-note="
        )
    };
    let response = shop.press("/shop/orders", form(&shop.page().await, "no")).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = text(response).await;
    assert!(
        page.contains("value=\"Seoul 1\"") && page.contains("value=\"no\""),
        "{page}"
    );
    let response = shop
        .press("/shop/basket?lang=ko", form(&page, "010-1234-5678"))
        .await;
    let page = text(response).await;
    assert!(page.contains("value=\"Seoul 1\"") && page.contains("value=\"010-1234-5678\""));
    let response = shop.press("/shop/orders", form(&page, "010-1234-5678")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let requests = shop.orders.requests.lock().unwrap();
    let expected = json!({"name": "Kim", "address": "Seoul 1", "phone": "010-1234-5678"});
    assert_eq!(requests[1].1["deliverTo"], expected);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_page_of_an_order_shows_its_customer_whom_it_goes_to() {
    let shop = Shop::new([]).await;
    let order_id = OrderId::new();
    shop.hear(placed_by_kim(order_id)).await;
    let page = shop.page_at(&format!("/shop/orders/{order_id}")).await;
    assert!(!page.contains("id=\"recipient\""), "nobody has said it");
    let kept = json!({"name": "Kim", "address": "<i>Seoul</i> 1", "phone": "010-1234-5678", "note": "knock"});
    *shop.orders.recipient.lock().unwrap() = Some(kept);
    let page = shop.page_at(&format!("/shop/orders/{order_id}")).await;
    for expected in ["Where to", "Seoul", "Kim · 010-1234-5678", "<q>knock</q>"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(!page.contains("<i>Seoul"), "{page}");
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn a_lost_response_repeats_the_order_and_a_rejection_starts_a_new_one() {
    let lost = StatusCode::INTERNAL_SERVER_ERROR;
    let shop = Shop::new([lost, StatusCode::PAYMENT_REQUIRED, StatusCode::CREATED]).await;
    shop.set_price(300, 0).await;
    let (status, page) = shop.submit(&shop.page().await).await;
    assert_eq!(status, lost);
    let (status, page) = shop.submit(&page).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    let (status, _) = shop.submit(&page).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let requests = shop.orders.requests.lock().unwrap().clone();
    assert_eq!(
        requests[0], requests[1],
        "the response was lost: it may have been ordered"
    );
    assert_ne!(
        requests[1].0, requests[2].0,
        "the payment was rejected: this is another order"
    );
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn no_order_is_placed_at_a_price_that_the_page_did_not_show() {
    let shop = Shop::new([StatusCode::CREATED]).await;
    shop.set_price(300, 0).await;
    let page = shop.page().await;
    shop.set_price(400, 1).await;
    let (status, page) = shop.submit(&page).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        page.contains("The price of something you chose has changed"),
        "{page}"
    );
    assert!(page.contains("₩400"));
    assert!(
        shop.orders.requests.lock().unwrap().is_empty(),
        "nothing was ordered"
    );
    let (status, _) = shop.submit(&page).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let requests = shop.orders.requests.lock().unwrap();
    assert_eq!(requests[0].1["lines"][0]["unitPrice"], 400);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_dish_is_ordered_from_its_store_by_the_name_that_the_store_gave_it() {
    let shop = Shop::new([StatusCode::CREATED]).await;
    shop.hear(Event::Store(pizzeria(1))).await;
    let page = shop.page().await;
    assert!(page.contains("동네 피자") && page.contains("Chicken") && page.contains("₩17,000"));
    let (status, _) = shop.order(&page, &["dish-2-chicken"]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let expected = json!({"customerId": "kim", "storeId": "2",
        "lines": [{"productName": "통닭", "qty": 1, "unitPrice": 17_000}], "deliveryFee": 0});
    assert_eq!(shop.orders.requests.lock().unwrap()[0].1, expected);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn one_order_is_for_one_store_and_products_go_with_the_first() {
    let shop = Shop::new([]).await;
    shop.hear(Event::Store(pizzeria(1))).await;
    shop.set_price(300, 0).await;
    let page = shop.page().await;
    let (status, page) = shop.order(&page, &["dish-2-chicken", "product-1001"]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("One order is for one store"), "{page}");
    assert!(shop.orders.requests.lock().unwrap().is_empty());
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn what_was_sold_out_or_closed_since_the_page_was_shown_is_not_ordered() {
    let shop = Shop::new([]).await;
    shop.hear(Event::Store(pizzeria(1))).await;
    let page = shop.page().await;
    let mut store = pizzeria(2);
    store.menu[0].available = false;
    shop.hear(Event::Store(store.clone())).await;
    let (status, refusal) = shop.order(&page, &["dish-2-chicken"]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(refusal.contains("Something you chose is sold out"), "{refusal}");
    store.version = 3;
    store.open = false;
    shop.hear(Event::Store(store)).await;
    let (status, refusal) = shop.order(&page, &["dish-2-chicken"]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        refusal.contains("The store of something you chose has closed"),
        "{refusal}"
    );
    assert!(shop.orders.requests.lock().unwrap().is_empty());
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_pages_of_orders_name_dishes_as_the_store_of_the_order_does() {
    let shop = Shop::new([]).await;
    shop.hear(Event::Store(pizzeria(1))).await;
    let order_id = OrderId::new();
    shop.hear(placed_by_kim(order_id)).await;
    let list = shop.page_at("/shop/orders").await;
    assert!(list.contains("Chicken × 2"), "{list}");
    let tracking = shop.page_at(&format!("/shop/orders/{order_id}")).await;
    assert!(tracking.contains("Chicken"), "{tracking}");
}

/// Kim's order of two dishes from store 2.
fn placed_by_kim(order_id: OrderId) -> Event {
    Event::Order(OrderSnapshot {
        order_id,
        customer_id: "kim".into(),
        store_id: "2".into(),
        lines: vec![OrderLine {
            product_id: None,
            product_name: "통닭".into(),
            qty: 2,
            unit_price: 17_000,
        }],
        amount: 34_000,
        delivery_fee: 0,
        store_version: None,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    })
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn the_link_to_the_messages_leads_to_those_of_the_visitor() {
    let shop = Shop::new([]).await;
    let page = shop.page().await;
    assert!(page.contains("href=\"/shop/notifications\""));
    let request = kim().uri("/shop/notifications").body(Body::empty()).unwrap();
    let response = shop.routes.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        response.headers()["location"],
        "/notifications?customerId=kim&lang=en"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_order_that_has_to_be_paid_first_leads_to_its_payment() {
    let shop = Shop::new([StatusCode::ACCEPTED]).await;
    shop.set_price(300, 0).await;
    let key = value(&shop.page().await, "key").to_owned();
    let form = format!("key={key}&product-1001=1&price-product-1001=300");
    let response = shop.press("/shop/orders", form).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()["location"].to_str().unwrap();
    assert!(
        location.starts_with("/shop/orders/ord_") && location.ends_with("/payment?go=1"),
        "{location}"
    );
}
