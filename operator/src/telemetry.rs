//! Logs and metrics of the operator itself.

use std::{io::IsTerminal as _, time::Duration};

use http::Request;
use kube::client::Body;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tower::util::MapRequestLayer;
use tracing_subscriber::EnvFilter;

const RECONCILE_SECONDS: &str = "fdp_reconcile_duration_seconds";
const RECONCILES: &str = "fdp_reconciles_total";
const API_REQUESTS: &str = "fdp_api_requests_total";
const DRIFT_CORRECTIONS: &str = "fdp_drift_corrections_total";
const DRILLS: &str = "fdp_drills_total";

const QUEUE: &str = "fdp_queue_depth";
const LEADER: &str = "fdp_leader";

/// Installs the metrics recorder; the handle renders the metrics in Prometheus' format.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Full(RECONCILE_SECONDS.to_owned()),
            &[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0],
        )?
        .install_recorder()?;
    metrics::describe_histogram!(
        RECONCILE_SECONDS,
        metrics::Unit::Seconds,
        "Time that one look at a platform took"
    );
    metrics::describe_counter!(RECONCILES, "Looks at platforms, by result");
    metrics::describe_counter!(API_REQUESTS, "Requests to the Kubernetes API, by verb");
    metrics::describe_counter!(
        DRIFT_CORRECTIONS,
        "Objects that somebody else had changed and that were put back, by kind"
    );
    metrics::describe_counter!(DRILLS, "Drills that were finished, by verdict");
    metrics::describe_gauge!(QUEUE, "Platforms that wait to be looked at");
    metrics::describe_gauge!(LEADER, "Whether this operator is the one that writes: 1 or 0");
    leading(false);
    Ok(handle)
}

/// Aggregates recorded durations periodically, which otherwise happens only on a scrape.
pub async fn run_upkeep(metrics: PrometheusHandle) {
    let mut interval = tokio::time::interval(Duration::from_mins(1));
    loop {
        interval.tick().await;
        metrics.run_upkeep();
    }
}

/// Counts one reconciliation.
pub fn reconciled(duration: Duration, succeeded: bool) {
    metrics::histogram!(RECONCILE_SECONDS).record(duration.as_secs_f64());
    metrics::counter!(RECONCILES, "result" => if succeeded { "success" } else { "error" }).increment(1);
}

/// Sets how many platforms are queued.
pub fn queued(platforms: usize) {
    // The conversion is exact for any number of platforms that a cluster can hold.
    metrics::gauge!(QUEUE).set(u32::try_from(platforms).map_or(f64::MAX, f64::from));
}

/// Sets whether this process is the leader.
pub fn leading(leads: bool) {
    metrics::gauge!(LEADER).set(f64::from(u8::from(leads)));
}

/// Counts an object whose drift was corrected.
pub fn drift_corrected(kind: &str) {
    metrics::counter!(DRIFT_CORRECTIONS, "kind" => kind.to_owned()).increment(1);
}

/// Counts a drill with its verdict.
pub fn drilled(verdict: &'static str) {
    metrics::counter!(DRILLS, "verdict" => verdict).increment(1);
}

/// A client layer that counts the requests to the API server of any cluster.
pub fn request_counter() -> MapRequestLayer<fn(Request<Body>) -> Request<Body>> {
    MapRequestLayer::new(count_request as fn(_) -> _)
}

/// Counts a request to the API server by its Kubernetes verb.
fn count_request(request: Request<Body>) -> Request<Body> {
    let watches = request
        .uri()
        .query()
        .is_some_and(|query| query.contains("watch=true"));
    let verb = match request.method().as_str() {
        "GET" if watches => "watch",
        "GET" => "get",
        "POST" => "create",
        "PATCH" => "patch",
        "PUT" => "update",
        "DELETE" => "delete",
        _ => "other",
    };
    metrics::counter!(API_REQUESTS, "verb" => verb).increment(1);
    request
}

/// Installs the log subscriber: text on a terminal, JSON elsewhere. `LOG_LEVEL` is its filter.
pub fn install_logs() {
    let filter = EnvFilter::try_from_env("LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter);
    if std::io::stdout().is_terminal() {
        logs.init();
    } else {
        logs.json().init();
    }
}
