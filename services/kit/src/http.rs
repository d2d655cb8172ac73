//! The HTTP side that all services share: health and metrics routes, traces, metrics, JSON bodies.

use crate::trace::{self, Kind, Span, TraceContext};
use crate::{Health, Problem};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, extract::FromRequestParts};
use http::{HeaderValue, Method, StatusCode};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use std::time::Instant;
use tracing::Instrument;

/// A JSON body, whose errors are problems.
#[derive(Debug, Clone, Copy, Default, FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Problem::new(rejection.status(), "bad-request", rejection.body_text())
    }
}

/// A path parameter, whose errors are problems.
#[derive(Debug, Clone, Copy, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

impl From<axum::extract::rejection::PathRejection> for Problem {
    fn from(rejection: axum::extract::rejection::PathRejection) -> Self {
        Problem::bad_request(rejection.body_text())
    }
}

/// Query parameters, whose errors are problems.
#[derive(Debug, Clone, Copy, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

impl From<axum::extract::rejection::QueryRejection> for Problem {
    fn from(rejection: axum::extract::rejection::QueryRejection) -> Self {
        Problem::bad_request(rejection.body_text())
    }
}

/// A service's own routes with everything around them. While the service is not ready its own routes
/// answer 503; `/healthz`, `/readyz`, `/actuator/health` and `/metrics` answer always.
pub fn router(own: Router, health: Health, metrics: PrometheusHandle) -> Router {
    let own = own
        .layer(middleware::from_fn_with_state(health.clone(), only_when_ready))
        .layer(middleware::from_fn(observe));
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        // The course's probes ask here; Spring answers {"status":"UP"}.
        .route("/actuator/health", get(actuator_health))
        .with_state(health)
        .route("/metrics", get(move || std::future::ready(metrics.render())))
        .merge(own)
        .fallback(|| async { Problem::not_found("no such path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "this path does not take that method",
            )
        })
}

async fn readyz(State(health): State<Health>) -> Response {
    let status = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = serde_json::json!({"ready": status.is_success(), "checks": health.checks()});
    (status, axum::Json(body)).into_response()
}

async fn actuator_health(State(health): State<Health>) -> Response {
    if health.is_ready() {
        axum::Json(serde_json::json!({"status": "UP"})).into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            axum::Json(serde_json::json!({"status": "DOWN"})),
        )
            .into_response()
    }
}

async fn only_when_ready(State(health): State<Health>, request: Request, next: Next) -> Response {
    if health.is_ready() {
        return next.run(request).await;
    }
    let waiting: Vec<String> = health
        .checks()
        .into_iter()
        .filter(|(_, check)| check.required && !check.ready)
        .map(|(name, check)| format!("{name}: {}", check.detail))
        .collect();
    Problem::unavailable(
        "not-ready",
        format!("this service is not ready ({})", waiting.join("; ")),
        1,
    )
    .into_response()
}

/// Gives each request its trace, a span and its metrics, and the answer its trace id.
async fn observe(request: Request, next: Next) -> Response {
    let traceparent = request.headers().get("traceparent");
    let context = TraceContext::continuing(traceparent.and_then(|value| value.to_str().ok()));
    let method = known(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let path = request.uri().path();
    let span = tracing::info_span!(
        "request", %method, %path, trace_id = %context.trace_id(), order_id = tracing::field::Empty,
    );
    // Where the path does not tell, the handler does (`trace::about`).
    if let Some(order_id) = path.split('/').find(|segment| segment.starts_with("ord_")) {
        span.record("order_id", order_id);
    }
    let mut recorded = Span::begin(Kind::Server, context, || format!("{method} {route}"));
    recorded.set("url.path", path);
    let started = Instant::now();
    let mut response = trace::within(context, next.run(request))
        .instrument(span.clone())
        .await;
    let status = response.status().as_u16();
    let seconds = started.elapsed().as_secs_f64();
    span.in_scope(|| tracing::debug!(status, seconds, "answered"));
    recorded.set("http.response.status_code", &status);
    if status >= 500 {
        recorded.fail();
    }
    let labels = [
        ("method", method.to_owned()),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels[..2]).record(seconds);
    if let Ok(value) = HeaderValue::from_str(&context.trace_id()) {
        response.headers_mut().insert("x-trace-id", value);
    }
    response
}

/// The method by name. One that somebody made up is no name: every new one would be a new time series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}
