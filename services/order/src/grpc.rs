//! Orders over gRPC: the same use cases as over HTTP, for programs inside the platform.

mod convert;
mod server;
mod status;

#[allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    unreachable_pub,
    reason = "made from proto/order.proto at build time"
)]
pub mod wire {
    //! The messages, and the two ends of the service.
    tonic::include_proto!("fooddelivery.order.v1");

    /// What reflection tells about them.
    pub(super) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/order.bin"));
}

pub use server::{GrpcError, listen, serve};

use crate::app::Orders;
use crate::basket::Wish;
use crate::http::{idempotency_key, visible};
use ::http::HeaderMap;
use fdp_contracts::OrderId;
use fdp_kit::trace::{self, Kind, Span, TraceContext};
use fdp_kit::{Caller, Health, Problem};
use std::time::Instant;
use tonic::metadata::MetadataValue;
use tonic::server::NamedService as _;
use tonic::{Code, Request, Response, Status};
use tracing::Instrument as _;
use wire::order_service_server::{OrderService, OrderServiceServer};
use wire::{CancelRequest, GetRequest, ListRequest, ListResponse, Order, PlaceRequest, PlaceResponse};

const SOME: u32 = 50;
const MOST: u32 = 200;

/// The use cases behind the gRPC service.
#[derive(Clone)]
struct Adapter {
    orders: Orders,
    health: Health,
}

impl Adapter {
    /// Gives a call its trace, a span and its metrics, and the answer its trace id.
    async fn answer<A>(
        &self,
        method: &'static str,
        headers: &HeaderMap,
        work: impl Future<Output = Result<A, Problem>>,
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
        let answered = if self.health.is_ready() {
            trace::within(context, work).instrument(span.clone()).await
        } else {
            Err(Problem::unavailable("not-ready", "this service is not ready", 1))
        };
        let mut answer = answered
            .map(Response::new)
            .map_err(|problem| status::of(&problem));
        let seconds = started.elapsed().as_secs_f64();
        let code = answer.as_ref().map_or_else(Status::code, |_| Code::Ok);
        span.in_scope(|| tracing::debug!(?code, seconds, "answered"));
        recorded.set("rpc.grpc.status_code", &i32::from(code));
        if matches!(code, Code::Internal | Code::Unavailable) {
            recorded.fail();
        }
        metrics::counter!("grpc_requests_total", "method" => method, "code" => format!("{code:?}"))
            .increment(1);
        metrics::histogram!("grpc_request_duration_seconds", "method" => method).record(seconds);
        if let Ok(value) = MetadataValue::try_from(context.trace_id()) {
            match &mut answer {
                Ok(response) => response.metadata_mut().insert("x-trace-id", value),
                Err(status) => status.metadata_mut().insert("x-trace-id", value),
            };
        }
        answer
    }
}

#[tonic::async_trait]
impl OrderService for Adapter {
    async fn place(&self, request: Request<PlaceRequest>) -> Result<Response<PlaceResponse>, Status> {
        let (headers, body) = opened(request);
        let work = async {
            let mut wish = Wish::from(body);
            wish.customer_id = Caller::of(&headers)?.whose(wish.customer_id)?;
            let key = idempotency_key(&headers)?;
            let placed = self.orders.place(wish, key).await?;
            trace::about(placed.order.snapshot().order_id);
            Ok(PlaceResponse {
                order: Some(placed.order.snapshot().into()),
                created: placed.new,
            })
        };
        self.answer("Place", &headers, work).await
    }

    async fn cancel(&self, request: Request<CancelRequest>) -> Result<Response<Order>, Status> {
        let (headers, body) = opened(request);
        let work = async {
            let (caller, order_id) = (Caller::of(&headers)?, id(&body.order_id)?);
            trace::about(order_id);
            if !caller.may_all() {
                visible(&self.orders, &caller, order_id).await?;
            }
            Ok(self.orders.cancel(order_id).await?.snapshot().into())
        };
        self.answer("Cancel", &headers, work).await
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<Order>, Status> {
        let (headers, body) = opened(request);
        let work = async {
            let (caller, order_id) = (Caller::of(&headers)?, id(&body.order_id)?);
            trace::about(order_id);
            Ok(visible(&self.orders, &caller, order_id).await?.snapshot().into())
        };
        self.answer("Get", &headers, work).await
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        let (headers, body) = opened(request);
        let work = async {
            let limit = body.limit.unwrap_or(SOME).min(MOST);
            let customer_id = Caller::of(&headers)?.whose(body.customer_id)?;
            let found = self.orders.newest(customer_id.as_deref(), limit).await?;
            let orders = found.iter().map(|order| order.snapshot().into());
            Ok(ListResponse {
                orders: orders.collect(),
            })
        };
        self.answer("List", &headers, work).await
    }
}

fn opened<B>(request: Request<B>) -> (HeaderMap, B) {
    let (metadata, _, body) = request.into_parts();
    (metadata.into_headers(), body)
}

fn id(text: &str) -> Result<OrderId, Problem> {
    text.parse()
        .map_err(|error: fdp_contracts::InvalidId| Problem::bad_request(error.to_string()))
}
