//! Tests over HTTP and gRPC what customers see of an order that they have to pay at a provider first.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::{Event, OrderId, PaymentId, PaymentSnapshot, PaymentState, topic};
use fdp_http::Caller;
use fdp_http::caller::{CALLER, Person, Role};
use fdp_messaging::{Effects as _, Incoming};
use fdp_runtime::{Health, SystemClock};
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use http::{HeaderMap, Request, StatusCode};
use include_dir::include_dir;
use order::adapters::events::{PaymentNews, PgOrderEvents};
use order::adapters::grpc;
use order::adapters::grpc::wire::order_service_client::OrderServiceClient;
use order::adapters::grpc::wire::{CancelRequest, GetRequest, PlaceRequest, State, Wish};
use order::adapters::http::{AppState, routes};
use order::adapters::storage::postgres::PgOrders;
use order::application::ports::{PaymentAttempt, PaymentIntent, PaymentResult, PaymentService, VoidError};
use order::application::{Orders, Recipients};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;

const PAY_URL: &str = "https://pay.example/1";

/// Leaves every payment to its customer.
struct Provider {
    expires_at: DateTime<Utc>,
}

#[async_trait]
impl PaymentService for Provider {
    async fn pay(&self, _: &PaymentIntent) -> PaymentAttempt {
        PaymentResult::AwaitingCustomer {
            pay_url: PAY_URL.to_owned(),
            expires_at: self.expires_at,
        }
        .into()
    }

    async fn void(&self, _: OrderId) -> Result<(), VoidError> {
        Ok(())
    }
}

struct Service {
    pool: PgPool,
    orders: Orders,
    routes: Router,
}

impl Service {
    async fn new() -> Self {
        let migrations = fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations"));
        let pool = fdp_test_database::migrated(&migrations).await.unwrap();
        sqlx::query("INSERT INTO stores (store_id, version, snapshot) VALUES ('1', 1, $1)")
            .bind(
                json!({"storeId": "1", "name": "우리동네 통닭", "version": 1, "open": true,
                "menu": [{"itemId": "chicken", "name": "통닭", "price": 10_000, "available": true}],
                "changedAt": "2026-05-05T09:00:00Z"}),
            )
            .execute(&pool)
            .await
            .unwrap();
        let store = Arc::new(PgOrders::new(pool.clone(), Outbox::new("order", topic::ORDER)));
        let expires_at = "2126-05-05T09:30:00Z".parse().unwrap();
        let orders = Orders::new(
            store.clone(),
            Arc::new(Provider { expires_at }),
            Arc::new(SystemClock),
            10_000,
        );
        let recipients = Recipients::new(orders.clone(), store);
        let state = AppState {
            orders: orders.clone(),
            recipients,
        };
        Self {
            pool,
            orders,
            routes: routes(state),
        }
    }

    async fn call(&self, customer: &str, request: Request<Body>) -> (StatusCode, HeaderMap, Value) {
        let caller = Caller::Person(Person {
            subject: customer.to_owned(),
            roles: [Role::Customer].into(),
            ..Person::default()
        });
        let (mut parts, body) = request.into_parts();
        parts
            .headers
            .extend(caller.header().map(|header| (CALLER, header)));
        let request = Request::from_parts(parts, body);
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, headers, serde_json::from_slice(&bytes).unwrap())
    }

    async fn place(&self, key: &str) -> (StatusCode, HeaderMap, Value) {
        let request = Request::post("/orders")
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(Body::from(r#"{"item":"통닭","qty":2}"#));
        self.call("100", request.unwrap()).await
    }

    async fn at(&self, method: &str, customer: &str, path: &str) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).body(Body::empty());
        let (status, _, body) = self.call(customer, request.unwrap()).await;
        (status, body)
    }

    async fn hear_that_it_is_paid(&self, order_id: OrderId) {
        let payment = PaymentSnapshot {
            payment_id: PaymentId::new(),
            order_id,
            amount: 20_000,
            state: PaymentState::Approved,
            changed_at: Utc::now(),
        };
        let event = Event::Payment(payment).into_cloud_event("pay", None).unwrap();
        let inbox = PgInbox::new(
            self.pool.clone(),
            Outbox::new("order", topic::ORDER),
            PgOrderEvents::new(PaymentNews::Followed),
        );
        inbox.apply(&[Incoming::open(event).unwrap()]).await.unwrap();
    }
}

fn order_id(body: &Value) -> OrderId {
    body["orderId"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_customer_is_told_where_to_pay_and_has_the_order_once_it_is_paid() {
    let service = Service::new().await;
    let (status, headers, first) = service.place("k").await;
    let order_id = order_id(&first);
    let path = format!("/orders/{order_id}");
    let expected = json!({"orderId": order_id, "customerId": "100", "state": "AwaitingPayment", "amount": 20_000,
        "payUrl": PAY_URL, "expiresAt": "2126-05-05T09:30:00Z"});
    assert_eq!((status, &first), (StatusCode::ACCEPTED, &expected));
    assert_eq!(headers["location"], path.as_str());
    let (status, _, again) = service.place("k").await;
    assert_eq!((status, &again), (StatusCode::ACCEPTED, &expected));
    assert_eq!(
        service.at("GET", "100", &path).await,
        (StatusCode::ACCEPTED, expected)
    );
    assert_eq!(service.at("GET", "101", &path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(service.at("DELETE", "101", &path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        service.at("GET", "100", "/orders").await,
        (StatusCode::OK, json!([]))
    );

    service.hear_that_it_is_paid(order_id).await;
    let (status, order) = service.at("GET", "100", &path).await;
    assert_eq!(
        (status, &order["state"], &order["amount"]),
        (StatusCode::OK, &json!("Placed"), &json!(20_000))
    );
    let (status, _, repeated) = service.place("k").await;
    assert_eq!((status, &repeated), (StatusCode::OK, &order));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn what_a_customer_gives_up_is_gone_and_charged_to_nobody() {
    let service = Service::new().await;
    let path = format!("/orders/{}", order_id(&service.place("k").await.2));
    for _ in 0..2 {
        let (status, given_up) = service.at("DELETE", "100", &path).await;
        assert_eq!(
            (status, &given_up["state"]),
            (StatusCode::ACCEPTED, &json!("Cancelled"))
        );
        service.orders.compensate_payments().await.unwrap();
    }
    let (_, _, repeated) = service.place("k").await;
    for problem in [service.at("GET", "100", &path).await.1, repeated] {
        assert_eq!(
            (&problem["status"], &problem["type"]),
            (
                &json!(410),
                &json!("urn:fooddelivery:problem:payment-not-finished")
            )
        );
    }
    assert_eq!(service.at("GET", "101", &path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(service.place("another").await.0, StatusCode::ACCEPTED);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn programs_are_told_the_same_over_grpc() {
    let service = Service::new().await;
    let (health, stop) = (Health::default(), CancellationToken::new());
    health.required("database").ready();
    let listener = grpc::listen(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), 0)
        .await
        .unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(grpc::serve(
        listener,
        service.orders.clone(),
        health,
        stop.clone(),
    ));
    let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
    let mut orders = OrderServiceClient::new(channel);
    let request = PlaceRequest {
        customer_id: Some("100".to_owned()),
        lines: vec![Wish {
            product_name: Some("통닭".to_owned()),
            ..Wish::default()
        }],
        ..PlaceRequest::default()
    };
    let status = orders.place(request).await.unwrap_err();
    let facts = status.get_error_details().error_info().unwrap().clone();
    assert_eq!(
        (status.code(), facts.reason.as_str()),
        (Code::FailedPrecondition, "awaiting-payment")
    );
    let fact = |name: &str| facts.metadata[name].clone();
    assert_eq!(
        (fact("payUrl"), fact("amount"), fact("expiresAt")),
        (
            PAY_URL.to_owned(),
            "10000".to_owned(),
            "2126-05-05T09:30:00Z".to_owned()
        )
    );
    let order_id = fact("orderId");
    let get = GetRequest {
        order_id: order_id.clone(),
    };
    let status = orders.get(get.clone()).await.unwrap_err();
    let info = status.get_error_details().error_info().unwrap().clone();
    assert_eq!(
        (info.reason.as_str(), &info.metadata),
        ("awaiting-payment", &facts.metadata)
    );

    let cancel = CancelRequest { order_id };
    let given_up = orders.cancel(cancel).await.unwrap().into_inner();
    assert_eq!((given_up.state(), given_up.version), (State::Cancelled, 0));
    let status = orders.get(get).await.unwrap_err();
    let reason = status.get_error_details().error_info().unwrap().reason.clone();
    assert_eq!(reason, "payment-not-finished");
    stop.cancel();
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn replicas_of_the_last_release_leave_what_waits_alone_while_it_can_be_paid() {
    let service = Service::new().await;
    let order_id = order_id(&service.place("k").await.2);
    // The statement with which replicas of release 0.1.0 claim intents.
    let claimed = "UPDATE payment_intents SET abandoned = true WHERE lease_until <= now() RETURNING order_id";
    let of_old = sqlx::query(claimed).fetch_all(&service.pool).await.unwrap();
    assert!(of_old.is_empty());
    let lease: DateTime<Utc> =
        sqlx::query_scalar("SELECT lease_until FROM payment_intents WHERE order_id = $1")
            .bind(order_id.uuid())
            .fetch_one(&service.pool)
            .await
            .unwrap();
    assert!(
        lease > Utc::now() + TimeDelta::days(365),
        "as long as it can be paid: {lease}"
    );
}
