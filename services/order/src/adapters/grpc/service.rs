//! The gRPC service of orders: the same use cases as over HTTP, for programs inside the platform.

use crate::adapters::grpc::status::Refusal;
use crate::adapters::grpc::wire::order_service_server::{OrderService, OrderServiceServer};
use crate::adapters::grpc::wire::{
    CancelRequest, GetRequest, ListRequest, ListResponse, Order, PlaceRequest, PlaceResponse,
};
use crate::adapters::requests::{idempotency_key, page_size, visible};
use crate::application::{Cancelled, Found, Orders, PlaceError, Placement};
use crate::domain::OrderRequest;
use fdp_contracts::OrderId;
use fdp_http::{Caller, Problem};
use fdp_runtime::Health;
use fdp_runtime::trace::{self, Kind, Span, TraceContext};
use http::HeaderMap;
use std::time::Instant;
use tonic::metadata::MetadataValue;
use tonic::server::NamedService as _;
use tonic::{Code, Request, Response, Status};
use tracing::Instrument as _;

/// The use cases behind the gRPC service.
#[derive(Clone)]
pub(super) struct OrderGrpcService {
    pub(super) orders: Orders,
    pub(super) health: Health,
}

impl OrderGrpcService {
    /// Runs a call in its trace, with a span and metrics, and returns the trace id with the response.
    async fn respond<A>(
        &self,
        method: &'static str,
        headers: &HeaderMap,
        work: impl Future<Output = Result<A, Refusal>>,
    ) -> Result<Response<A>, Status> {
        let traceparent = headers.get("traceparent");
        let context = TraceContext::continuing(traceparent.and_then(|value| value.to_str().ok()));
        let span = tracing::info_span!(
            "request", method, trace_id = %context.trace_id(), order_id = tracing::field::Empty,
        );
        let service = OrderServiceServer::<Self>::NAME;
        let mut recorded = Span::begin(Kind::Server, context, || format!("{service}/{method}"));
        recorded.set("rpc.system", "grpc");
        let started = Instant::now();
        let result = if self.health.is_ready() {
            trace::within(context, work).instrument(span.clone()).await
        } else {
            Err(Problem::unavailable("not-ready", "this service is not ready", 1).into())
        };
        let mut response = result
            .map(Response::new)
            .map_err(|refusal| Status::from(&refusal));
        let seconds = started.elapsed().as_secs_f64();
        let code = response.as_ref().map_or_else(Status::code, |_| Code::Ok);
        span.in_scope(|| tracing::debug!(?code, seconds, "answered"));
        recorded.set("rpc.grpc.status_code", &i32::from(code));
        if matches!(code, Code::Internal | Code::Unavailable) {
            recorded.fail();
        }
        metrics::counter!("grpc_requests_total", "method" => method, "code" => format!("{code:?}"))
            .increment(1);
        metrics::histogram!("grpc_request_duration_seconds", "method" => method).record(seconds);
        if let Ok(value) = MetadataValue::try_from(context.trace_id()) {
            match &mut response {
                Ok(response) => response.metadata_mut().insert("x-trace-id", value),
                Err(status) => status.metadata_mut().insert("x-trace-id", value),
            };
        }
        response
    }
}

#[tonic::async_trait]
impl OrderService for OrderGrpcService {
    async fn place(&self, request: Request<PlaceRequest>) -> Result<Response<PlaceResponse>, Status> {
        let (headers, body) = split(request);
        let work = async {
            let mut request = OrderRequest::from(body);
            request.customer_id = Caller::of(&headers)?.whose(request.customer_id)?;
            let key = idempotency_key(&headers)?;
            match self.orders.place(request, key).await.map_err(Problem::from)? {
                Placement::Placed(placed) => {
                    trace::about(placed.order.snapshot().order_id);
                    Ok(PlaceResponse {
                        order: Some(placed.order.snapshot().into()),
                        created: placed.new,
                    })
                }
                Placement::AwaitingPayment(awaiting) => {
                    trace::about(awaiting.order_id());
                    Err(Refusal::AwaitingPayment(Box::new(awaiting)))
                }
            }
        };
        self.respond("Place", &headers, work).await
    }

    async fn cancel(&self, request: Request<CancelRequest>) -> Result<Response<Order>, Status> {
        let (headers, body) = split(request);
        let work = async {
            let (caller, order_id) = (Caller::of(&headers)?, parse_order_id(&body.order_id)?);
            trace::about(order_id);
            if !caller.is_unrestricted() {
                visible(&self.orders, &caller, order_id).await?;
            }
            Ok(match self.orders.cancel(order_id).await.map_err(Problem::from)? {
                Cancelled::Order(order) => order.snapshot().into(),
                Cancelled::GivenUp(awaiting) => Order::given_up(&awaiting),
            })
        };
        self.respond("Cancel", &headers, work).await
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<Order>, Status> {
        let (headers, body) = split(request);
        let work = async {
            let (caller, order_id) = (Caller::of(&headers)?, parse_order_id(&body.order_id)?);
            trace::about(order_id);
            match visible(&self.orders, &caller, order_id).await? {
                Found::Order(order) => Ok(order.snapshot().into()),
                Found::AwaitingPayment(awaiting) => Err(Refusal::AwaitingPayment(Box::new(awaiting))),
                Found::NotPaid(_) => Err(Problem::from(PlaceError::NotPaid).into()),
            }
        };
        self.respond("Get", &headers, work).await
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        let (headers, body) = split(request);
        let work = async {
            let limit = page_size(body.limit);
            let customer_id = Caller::of(&headers)?.whose(body.customer_id)?;
            let found = self.orders.newest(customer_id.as_deref(), limit).await;
            let found = found.map_err(Problem::from)?;
            let orders = found.iter().map(|order| order.snapshot().into());
            Ok(ListResponse {
                orders: orders.collect(),
            })
        };
        self.respond("List", &headers, work).await
    }
}

fn split<B>(request: Request<B>) -> (HeaderMap, B) {
    let (metadata, _, body) = request.into_parts();
    (metadata.into_headers(), body)
}

fn parse_order_id(text: &str) -> Result<OrderId, Problem> {
    text.parse()
        .map_err(|error: fdp_contracts::InvalidId| Problem::bad_request(error.to_string()))
}
