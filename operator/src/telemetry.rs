//! Logs and metrics of the operator itself.

use std::{io::IsTerminal as _, time::Duration};

use kube::client::Body;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

const RECONCILE_SECONDS: &str = "fdp_reconcile_duration_seconds";
const RECONCILES: &str = "fdp_reconciles_total";
const API_REQUESTS: &str = "fdp_api_requests_total";
const DRIFT_CORRECTIONS: &str = "fdp_drift_corrections_total";

const QUEUE: &str = "fdp_queue_depth";
const LEADER: &str = "fdp_leader";

/// Starts to collect metrics; the handle writes them in the format of Prometheus.
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
    metrics::describe_gauge!(QUEUE, "Platforms that wait to be looked at");
    metrics::describe_gauge!(LEADER, "Whether this operator is the one that writes: 1 or 0");
    leading(false);
    Ok(handle)
}

/// Tidies the collected durations now and then, which otherwise only happens when somebody reads them.
pub async fn keep_up(metrics: PrometheusHandle) {
    let mut interval = tokio::time::interval(Duration::from_mins(1));
    loop {
        interval.tick().await;
        metrics.run_upkeep();
    }
}

/// Counts one look at a platform.
pub fn reconciled(duration: Duration, succeeded: bool) {
    metrics::histogram!(RECONCILE_SECONDS).record(duration.as_secs_f64());
    metrics::counter!(RECONCILES, "result" => if succeeded { "success" } else { "error" }).increment(1);
}

/// Says how many platforms wait.
pub fn queued(platforms: usize) {
    // As many platforms as a float can count exactly are more than a cluster holds.
    metrics::gauge!(QUEUE).set(u32::try_from(platforms).map_or(f64::MAX, f64::from));
}

/// Says whether this process is the one that writes.
pub fn leading(leads: bool) {
    metrics::gauge!(LEADER).set(f64::from(u8::from(leads)));
}

/// Counts an object that was put back.
pub fn drift_corrected(kind: &str) {
    metrics::counter!(DRIFT_CORRECTIONS, "kind" => kind.to_owned()).increment(1);
}

/// Counts a request to the API server, under the verb that Kubernetes has for it.
pub fn count_request(request: http::Request<Body>) -> http::Request<Body> {
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

/// Starts to write logs: for people on a terminal, as JSON elsewhere. `LOG_LEVEL` says how much.
pub fn install_logs() {
    let filter = EnvFilter::try_from_env("LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter);
    if std::io::stdout().is_terminal() {
        logs.init();
    } else {
        logs.json().init();
    }
}
