//! The operational routes of a service (health and metrics), and a trace, a span and metrics for each request.

use crate::problem::Problem;
use crate::whole_body::whole_body;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};
use fdp_runtime::trace::{self, Kind, Span, TraceContext};
use fdp_runtime::{Health, PrometheusHandle};
use http::{HeaderValue, Method, StatusCode};
use std::time::Instant;
use tracing::Instrument;

/// A service's own routes plus the operational ones. While the service is not ready, its own routes answer 503;
/// `/healthz`, `/readyz`, `/actuator/health` and `/metrics` always answer.
pub(crate) fn router(own: Router, health: Health, metrics: PrometheusHandle) -> Router {
    closed(details(health.clone(), metrics).merge(guarded(own, health)))
        .layer(middleware::from_fn(whole_body))
}

/// The same for a service that is reachable from outside. Only [`management`] serves its checks and metrics.
pub(crate) fn public_router(own: Router, health: Health) -> Router {
    let probes = probes(get(is_ready), health.clone())
        // Without this route, a gateway would forward the request to the metrics of an upstream service.
        .route("/metrics", any(no_such_path));
    closed(probes.merge(guarded(own, health)))
}

/// Health and metrics of a service that is [reachable from outside](open_to_the_world), for its operators.
pub(crate) fn management(health: Health, metrics: PrometheusHandle) -> Router {
    closed(details(health, metrics))
}

/// Further routes of a service, for a port of their own. What they do does not depend on the service's checks, so they
/// answer also while it is not ready.
pub(crate) fn further_router(own: Router) -> Router {
    closed(own.layer(middleware::from_fn(observe))).layer(middleware::from_fn(whole_body))
}

fn details(health: Health, metrics: PrometheusHandle) -> Router {
    probes(get(readyz), health).route("/metrics", get(move || std::future::ready(metrics.render())))
}

fn probes(readiness: MethodRouter<Health>, health: Health) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", readiness)
        // For probes that were written for Spring, which answers {"status":"UP"}.
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

/// Whether the service is ready, without the reasons.
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
    // Without the reasons, which may be a database's words and are for `/readyz` and the log: anybody may ask here.
    let waiting: Vec<String> = health
        .checks()
        .into_iter()
        .filter(|(_, check)| check.required && !check.ready)
        .map(|(name, _)| name)
        .collect();
    let detail = format!(
        "this service is not ready (it waits for: {}); try again in a moment",
        waiting.join(", ")
    );
    Problem::unavailable("not-ready", detail, 1).into_response()
}

/// Records a trace, a span and metrics for each request, and adds the trace id to its response.
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
    // If the path has no order id, the handler adds it (`trace::about`).
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

/// The method's name. All unknown methods share one name, because each name creates a new time series.
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

    async fn get_path(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn handle() -> PrometheusHandle {
        PrometheusBuilder::new().build_recorder().handle()
    }

    #[tokio::test]
    async fn the_world_sees_whether_a_service_is_ready_and_nothing_else() {
        let health = Health::default();
        let issuer = health.informative("issuer");
        issuer.failing("asking http://keycloak.internal");
        // As in the gateway, which forwards to an upstream service.
        let own = Router::new().route("/{*rest}", any(|| async { "a secret" }));
        let world = public_router(own, health.clone());
        assert_eq!(
            get_path(&world, "/readyz").await,
            (StatusCode::OK, r#"{"ready":true}"#.to_owned())
        );
        assert_eq!(get_path(&world, "/metrics").await.0, StatusCode::NOT_FOUND);
        assert_eq!(get_path(&world, "/healthz").await.0, StatusCode::OK);
        assert_eq!(get_path(&world, "/actuator/health").await.0, StatusCode::OK);

        let management = management(health, handle());
        assert!(
            get_path(&management, "/readyz")
                .await
                .1
                .contains("keycloak.internal")
        );
        assert_eq!(get_path(&management, "/metrics").await.0, StatusCode::OK);
        assert_eq!(get_path(&management, "/orders").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_further_port_answers_whatever_the_checks_say_and_with_its_own_routes_only() {
        let further = further_router(Router::new().route("/drills", get(|| async { "none" })));
        assert_eq!(get_path(&further, "/drills").await.0, StatusCode::OK);
        for path in ["/readyz", "/metrics", "/payments"] {
            let (status, body) = get_path(&further, path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert!(body.contains("no such path"), "{body}");
        }
    }

    #[tokio::test]
    async fn a_service_that_is_not_open_shows_everything_on_its_one_port() {
        let health = Health::default();
        let _check = health.required("database");
        let own = Router::new().route("/orders", get(|| async { "orders" }));
        let router = router(own, health, handle());
        let (status, body) = get_path(&router, "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("database"), "{body}");
        assert_eq!(get_path(&router, "/metrics").await.0, StatusCode::OK);
        assert_eq!(
            get_path(&router, "/orders").await.0,
            StatusCode::SERVICE_UNAVAILABLE
        );
    }
}
