//! Tests orders over gRPC with a real server and a real database.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use async_trait::async_trait;
use fdp_contracts::{OrderId, topic};
use fdp_runtime::{Check, Health, SystemClock};
use fdp_storage::Outbox;
use include_dir::include_dir;
use order::adapters::grpc::wire::order_service_client::OrderServiceClient;
use order::adapters::grpc::wire::{
    CancelRequest, GetRequest, ListRequest, PlaceRequest, Recipient, State, Wish,
};
use order::adapters::grpc::{GrpcError, listen, serve};
use order::adapters::storage::postgres::PgOrders;
use order::application::Orders;
use order::application::ports::{PaymentAttempt, PaymentIntent, PaymentResult, PaymentService, VoidError};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_types::StatusExt as _;

const SERVICE: &str = "fooddelivery.order.v1.OrderService";

/// Approves one payment for each permit of `opens`; other requests wait.
struct StubPay {
    opens: Semaphore,
    /// A permit for each request.
    asked: Semaphore,
    /// A permit for each request that has ended, paid or cancelled.
    left: Semaphore,
}

struct Customer<'a>(&'a StubPay);

impl Drop for Customer<'_> {
    fn drop(&mut self) {
        self.0.left.add_permits(1);
    }
}

#[async_trait]
impl PaymentService for StubPay {
    async fn pay(&self, _intent: &PaymentIntent) -> PaymentAttempt {
        let _leaves = Customer(self);
        self.asked.add_permits(1);
        self.opens.acquire().await.unwrap().forget();
        PaymentResult::Paid.into()
    }

    async fn void(&self, _order_id: OrderId) -> Result<(), VoidError> {
        Ok(())
    }
}

struct Server {
    pay: Arc<StubPay>,
    database: Check,
    stop: CancellationToken,
    served: JoinHandle<Result<(), GrpcError>>,
    channel: Channel,
}

impl Server {
    async fn start() -> Self {
        let pool = fdp_test_database::migrated(&fdp_storage::migrations(&include_dir!(
            "$CARGO_MANIFEST_DIR/migrations"
        )))
        .await
        .unwrap();
        sqlx::query("INSERT INTO stores (store_id, version, snapshot) VALUES ('1', 1, $1)")
            .bind(
                json!({"storeId": "1", "name": "우리동네 통닭", "version": 1, "open": true,
                "menu": [{"itemId": "chicken", "name": "통닭", "price": 10_000, "available": true}],
                "changedAt": "2026-05-05T09:00:00Z"}),
            )
            .execute(&pool)
            .await
            .unwrap();
        let store = PgOrders::new(pool, Outbox::new("order", topic::ORDER));
        let pay = Arc::new(StubPay {
            opens: Semaphore::new(100),
            asked: Semaphore::new(0),
            left: Semaphore::new(0),
        });
        let orders = Orders::new(Arc::new(store), pay.clone(), Arc::new(SystemClock), 10_000);
        let (health, stop) = (Health::default(), CancellationToken::new());
        let database = health.required("database");
        database.ready();
        let listener = listen(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), 0).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(serve(listener, orders, health, stop.clone()));
        let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
        Self {
            pay,
            database,
            stop,
            served,
            channel,
        }
    }

    fn orders(&self) -> OrderServiceClient<Channel> {
        OrderServiceClient::new(self.channel.clone())
    }

    async fn health(&self) -> ServingStatus {
        let request = HealthCheckRequest {
            service: SERVICE.to_owned(),
        };
        let answer = HealthClient::new(self.channel.clone())
            .check(request)
            .await
            .unwrap();
        match answer.into_inner().status {
            1 => ServingStatus::Serving,
            2 => ServingStatus::NotServing,
            _ => ServingStatus::Unknown,
        }
    }
}

fn dish() -> PlaceRequest {
    let line = Wish {
        product_name: Some("통닭".to_owned()),
        qty: Some(2),
        ..Wish::default()
    };
    PlaceRequest {
        customer_id: Some("100".to_owned()),
        lines: vec![line],
        ..PlaceRequest::default()
    }
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

#[tokio::test]
#[ignore = "starts a server"]
async fn an_order_is_placed_found_and_cancelled() {
    let server = Server::start().await;
    let placed = server.orders().place(dish()).await.unwrap().into_inner();
    let order = placed.order.unwrap();
    assert!(placed.created);
    assert_eq!(
        (order.state(), order.amount, order.version),
        (State::Placed, 20_000, 1)
    );
    assert_eq!(order.lines[0].product_name, "통닭");
    assert!(order.placed_at.unwrap().seconds > 0);

    let get = GetRequest {
        order_id: order.order_id.clone(),
    };
    assert_eq!(server.orders().get(get).await.unwrap().into_inner(), order);
    let cancel = CancelRequest {
        order_id: order.order_id.clone(),
    };
    for _ in 0..2 {
        let cancelled = server.orders().cancel(cancel.clone()).await.unwrap().into_inner();
        assert_eq!((cancelled.state(), cancelled.version), (State::Cancelled, 2));
    }
    let list = ListRequest {
        customer_id: Some("100".to_owned()),
        limit: None,
    };
    let listed = server.orders().list(list).await.unwrap().into_inner().orders;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].state(), State::Cancelled);
}

#[tokio::test]
#[ignore = "starts a server"]
async fn a_call_may_say_whom_the_order_goes_to() {
    let server = Server::start().await;
    let to = |phone: &str| {
        let recipient = Recipient {
            name: "김철수".to_owned(),
            address: "서울시 중구 세종대로 110".to_owned(),
            phone: phone.to_owned(),
            note: None,
        };
        PlaceRequest {
            deliver_to: Some(recipient),
            ..dish()
        }
    };
    let refused = server.orders().place(to("call me")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(reason(&refused), "invalid-recipient");
    assert!(
        server
            .orders()
            .place(to("010-1234-5678"))
            .await
            .unwrap()
            .into_inner()
            .created
    );
}

#[tokio::test]
#[ignore = "starts a server"]
async fn a_repeated_call_with_its_key_gets_the_order_of_the_first() {
    let server = Server::start().await;
    let keyed = || {
        let mut request = Request::new(dish());
        request
            .metadata_mut()
            .insert("idempotency-key", "a".parse().unwrap());
        request
    };
    let first = server.orders().place(keyed()).await.unwrap().into_inner();
    let again = server.orders().place(keyed()).await.unwrap().into_inner();
    assert!(first.created && !again.created);
    assert_eq!(first.order, again.order);
}

#[tokio::test]
#[ignore = "starts a server"]
async fn errors_carry_a_machine_readable_reason() {
    let server = Server::start().await;
    let nobody = GetRequest {
        order_id: OrderId::new().to_string(),
    };
    let status = server.orders().get(nobody).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::NotFound, "not-found")
    );

    let nonsense = GetRequest {
        order_id: "17".to_owned(),
    };
    let status = server.orders().get(nonsense).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("ord_"), "{}", status.message());

    let status = server.orders().place(PlaceRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(reason(&status), "invalid-order");
}

#[tokio::test]
#[ignore = "starts a server"]
async fn a_response_belongs_to_the_trace_of_its_call() {
    let server = Server::start().await;
    let mut request = Request::new(dish());
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    request
        .metadata_mut()
        .insert("traceparent", traceparent.parse().unwrap());
    let answer = server.orders().place(request).await.unwrap();
    let trace_id = answer.metadata().get("x-trace-id").unwrap();
    assert_eq!(trace_id, "0af7651916cd43dd8448eb211c80319c");
}

#[tokio::test]
#[ignore = "starts a server"]
async fn a_call_is_cancelled_at_its_deadline() {
    let server = Server::start().await;
    server.pay.opens.forget_permits(100);
    let mut request = Request::new(dish());
    request.set_timeout(Duration::from_secs(2));
    let mut orders = server.orders();
    let answer = tokio::time::timeout(Duration::from_secs(10), orders.place(request)).await;
    let status = answer.unwrap().unwrap_err();
    assert!(
        matches!(status.code(), Code::Cancelled | Code::DeadlineExceeded),
        "{status:?}"
    );
    let nobody_waits = tokio::time::timeout(Duration::from_secs(10), server.pay.left.acquire());
    nobody_waits.await.unwrap().unwrap().forget();
    let listed = server.orders().list(ListRequest::default()).await.unwrap();
    assert!(listed.into_inner().orders.is_empty());
}

#[tokio::test]
#[ignore = "starts a server"]
async fn health_follows_the_service_and_calls_are_rejected_meanwhile() {
    let server = Server::start().await;
    assert_eq!(server.health().await, ServingStatus::Serving);
    server.database.failing("connection refused");
    tokio::time::timeout(Duration::from_secs(10), async {
        while server.health().await != ServingStatus::NotServing {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    let status = server.orders().place(dish()).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "not-ready")
    );
    assert!(status.get_error_details().retry_info().is_some());
}

#[tokio::test]
#[ignore = "starts a server"]
async fn reflection_lists_the_services() {
    let server = Server::start().await;
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(server.channel.clone())
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(listed)) = answer else {
        panic!("{answer:?}");
    };
    let names: Vec<&str> = listed
        .service
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    for name in [SERVICE, "grpc.health.v1.Health"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[tokio::test]
#[ignore = "starts a server"]
async fn a_call_in_progress_finishes_when_the_service_stops() {
    let server = Server::start().await;
    server.pay.opens.forget_permits(100);
    let mut orders = server.orders();
    let call = tokio::spawn(async move { orders.place(dish()).await });
    server.pay.asked.acquire().await.unwrap().forget();
    server.stop.cancel();
    server.pay.opens.add_permits(1);
    let placed = call.await.unwrap().unwrap().into_inner();
    assert!(placed.created);
    drop(server.channel);
    tokio::time::timeout(Duration::from_secs(10), server.served)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}
