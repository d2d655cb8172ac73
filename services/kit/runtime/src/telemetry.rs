//! Logs as JSON lines on standard output, and Prometheus metrics.

use crate::config::{self, ConfigError};
use crate::logs::JsonLines;
use crate::metric_names;
use fdp_catalogue::variables;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;

/// Upper bounds of the latency histograms, in seconds: close to the services' deadlines.
const LATENCY_BUCKETS: [f64; 12] = [
    0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.61, 1.0, 2.5, 5.0,
];

/// How often samples that were not scraped yet are merged into their histograms.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `LOG_LEVEL` cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The metrics recorder cannot be installed.
    #[error("installing the metrics recorder: {0}")]
    Metrics(#[from] BuildError),
}

/// Starts logging and metrics for the whole process. `LOG_LEVEL` takes a level or a filter like `info,sqlx=debug`.
///
/// # Errors
/// When `LOG_LEVEL` cannot be read, or metrics were started before.
pub(crate) fn start() -> Result<PrometheusHandle, TelemetryError> {
    let level: EnvFilter = config::optional(variables::LOG_LEVEL, EnvFilter::new("info"))?;
    // A second subscriber (in tests) is not an error.
    let _ = tracing_subscriber::fmt()
        .event_format(JsonLines)
        .fmt_fields(JsonFields::new())
        .with_env_filter(level)
        .try_init();
    let metrics = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS)?
        .install_recorder()?;
    metric_names::describe();
    Ok(metrics)
}

/// Bounds the memory of the metrics while they are not scraped, until stopped.
pub(crate) async fn run_upkeep(metrics: PrometheusHandle, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(UPKEEP))
        .await
        .is_some()
    {
        metrics.run_upkeep();
    }
}
