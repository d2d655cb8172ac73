//! The HTTP side that all services share: health and metrics routes, traces, metrics, JSON bodies.

use crate::trace::{self, Kind, Span, TraceContext};
use crate::whole_body::whole_body;
use crate::{Health, Problem};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};
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
    closed(details(health.clone(), metrics).merge(guarded(own, health)))
        .layer(middleware::from_fn(whole_body))
}

/// The same for a service that everybody can reach. How its parts are, and its metrics, are in [`management`].
pub(crate) fn open_to_the_world(own: Router, health: Health) -> Router {
    let probes = probes(get(is_ready), health.clone())
        // Otherwise a gateway would lead to the metrics of a service behind it.
        .route("/metrics", any(no_such_path));
    closed(probes.merge(guarded(own, health)))
}

/// What those who run a service that is [open to the world](open_to_the_world) want to know.
pub(crate) fn management(health: Health, metrics: PrometheusHandle) -> Router {
    closed(details(health, metrics))
}

fn details(health: Health, metrics: PrometheusHandle) -> Router {
    probes(get(readyz), health).route("/metrics", get(move || std::future::ready(metrics.render())))
}

fn probes(readiness: MethodRouter<Health>, health: Health) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", readiness)
        // The course's probes ask here; Spring answers {"status":"UP"}.
        .route("/actuator/health", get(actuator_health))
        .with_state(health)
}

fn guarded(own: Router, health: Health) -> Router {
    own.layer(middleware::from_fn_with_state(health, only_when_ready))
        .layer(middleware::from_fn(observe))
}

fn closed(router: Router) -> Router {
    router
        .fallback(no_such_path)
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "this path does not take that method",
            )
        })
}

async fn no_such_path() -> Problem {
    Problem::not_found("no such path")
}

async fn readyz(State(health): State<Health>) -> Response {
    let status = readiness(&health);
    let body = serde_json::json!({"ready": status.is_success(), "checks": health.checks()});
    (status, axum::Json(body)).into_response()
}

/// Whether the service is ready, and not a word more.
async fn is_ready(State(health): State<Health>) -> Response {
    let status = readiness(&health);
    let body = serde_json::json!({"ready": status.is_success()});
    (status, axum::Json(body)).into_response()
}

fn readiness(health: &Health) -> StatusCode {
    if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tower::ServiceExt as _;

    async fn ask(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn handle() -> PrometheusHandle {
        PrometheusBuilder::new().build_recorder().handle()
    }

    #[tokio::test]
    async fn the_world_hears_whether_a_service_is_ready_and_nothing_else() {
        let health = Health::default();
        let issuer = health.informative("issuer");
        issuer.failing("asking http://keycloak.internal");
        // As a gateway does, which leads to a service behind it.
        let own = Router::new().route("/{*rest}", any(|| async { "a secret" }));
        let world = open_to_the_world(own, health.clone());
        assert_eq!(
            ask(&world, "/readyz").await,
            (StatusCode::OK, r#"{"ready":true}"#.to_owned())
        );
        assert_eq!(ask(&world, "/metrics").await.0, StatusCode::NOT_FOUND);
        assert_eq!(ask(&world, "/healthz").await.0, StatusCode::OK);
        assert_eq!(ask(&world, "/actuator/health").await.0, StatusCode::OK);

        let management = management(health, handle());
        assert!(ask(&management, "/readyz").await.1.contains("keycloak.internal"));
        assert_eq!(ask(&management, "/metrics").await.0, StatusCode::OK);
        assert_eq!(ask(&management, "/orders").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_service_that_is_not_open_tells_everything_on_its_one_port() {
        let health = Health::default();
        let _check = health.required("database");
        let own = Router::new().route("/orders", get(|| async { "orders" }));
        let router = router(own, health, handle());
        let (status, body) = ask(&router, "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("database"), "{body}");
        assert_eq!(ask(&router, "/metrics").await.0, StatusCode::OK);
        assert_eq!(ask(&router, "/orders").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }
}
