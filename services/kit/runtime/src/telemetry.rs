//! Logs as JSON lines on standard output, and Prometheus metrics.

use crate::config::{self, ConfigError};
use crate::logs::JsonLines;
use crate::metric_names;
use fdp_catalogue::variables;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::{self, BufWriter};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;

/// Upper bounds of the latency histograms, in seconds: close to the services' deadlines.
const LATENCY_BUCKETS: [f64; 12] = [
    0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.61, 1.0, 2.5, 5.0,
];

/// Log lines that wait to be written; whoever logs more waits for them.
const WAITING_LINES: usize = 4096;

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

/// The metrics of the process, and its log, which is written to its end when this is dropped.
pub(crate) struct Telemetry {
    pub(crate) metrics: PrometheusHandle,
    pub(crate) log: WorkerGuard,
}

/// Starts logging and metrics for the whole process. `LOG_LEVEL` takes a level or a filter like `info,sqlx=debug`.
///
/// # Errors
/// When `LOG_LEVEL` cannot be read, or metrics were started before.
pub(crate) fn start() -> Result<Telemetry, TelemetryError> {
    let level: EnvFilter = config::optional(variables::LOG_LEVEL, EnvFilter::new("info"))?;
    let (lines, log) = output();
    // A second subscriber (in tests) is not an error.
    let _ = tracing_subscriber::fmt()
        .event_format(JsonLines)
        .fmt_fields(JsonFields::new())
        .with_env_filter(level)
        .with_writer(lines)
        .try_init();
    let metrics = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS)?
        .install_recorder()?;
    metric_names::describe();
    Ok(Telemetry { metrics, log })
}

/// Standard output, written by a thread of its own: all lines that wait in one write. Each write costs the container runtime more
/// than the line costs the service, and a service must not stand still when the runtime does.
fn output() -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(BufWriter::with_capacity(1 << 16, io::stdout()))
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
