//! Exports spans to a collector with OTLP over HTTP (JSON), in batches. The traced work never waits for the export.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use serde_json::{Value, json};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const RATIO: &str = "OTEL_TRACES_SAMPLER_ARG";

/// The most spans in the queue. When it is full, further spans are dropped and counted; the work is not blocked.
const QUEUE: usize = 8192;
const BATCH: usize = 512;
/// How long a span may wait for a batch to fill.
const GATHER: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(5);
/// After the stop signal, how long to wait for the spans of the last requests.
const LAST: Duration = Duration::from_millis(500);

/// Why traces cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// The endpoint is not a URL.
    #[error("{ENDPOINT} is '{given}', and should look like http://collector:4318: {reason}")]
    Endpoint {
        /// The configured value.
        given: String,
        /// Why it is invalid.
        reason: String,
    },
    /// The headers are invalid.
    #[error("{HEADERS} is '{0}', and should look like name=value,name=value")]
    Headers(String),
    /// The ratio is not a number from 0 to 1.
    #[error("{RATIO} is '{0}', and should be a share of all traces, from 0 to 1")]
    Ratio(String),
    /// The HTTP client rejects its settings.
    #[error("making an HTTP client for the collector: {0}")]
    Client(#[from] reqwest::Error),
}

/// The export settings, from the environment variables of OpenTelemetry
/// (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>).
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    endpoint: Url,
    headers: HeaderMap,
    /// The sampling ratio for traces that start here, from 0 to 1.
    ratio: f64,
}

impl Settings {
    /// Reads the settings. `variable` returns the value of an environment variable that is set. `None` without a
    /// collector (`OTEL_EXPORTER_OTLP_ENDPOINT` is not set).
    ///
    /// # Errors
    /// When a value is invalid.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, OtlpError> {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let Some(endpoint) = variable(ENDPOINT) else {
            return Ok(None);
        };
        let ratio = variable(RATIO).map_or(Ok(1.0), |given| {
            given.parse().map_err(|_| OtlpError::Ratio(given))
        })?;
        Ok(Some(Self {
            endpoint: traces_url(&endpoint)?,
            headers: headers(&variable(HEADERS).unwrap_or_default())?,
            ratio,
        }))
    }
}

struct Listener {
    spans: Sender<Value>,
    /// The sampling ratio times 2^64: traces whose id (its lower half) is not above this are recorded.
    threshold: u64,
}

static LISTENER: OnceLock<Listener> = OnceLock::new();

/// Whether spans are exported.
pub(crate) fn listens() -> bool {
    LISTENER.get().is_some()
}

/// Whether a trace that starts here is recorded. The result depends only on the trace id, so it is the same everywhere.
pub(crate) fn samples(trace_id: u128) -> bool {
    // The lower half of a trace id is always random; here, the whole id is.
    let random = u64::try_from(trace_id & u128::from(u64::MAX)).unwrap_or_default();
    LISTENER.get().is_none_or(|listener| random <= listener.threshold)
}

/// Queues an ended span.
pub(crate) fn tell(span: Value) {
    let told = LISTENER.get().map(|listener| listener.spans.try_send(span));
    if let Some(Err(_)) = told {
        metrics::counter!("spans_dropped_total").increment(1);
    }
}

/// The task that sends the spans of `service` to the collector, until `stop` is cancelled and the last spans are sent.
///
/// # Errors
/// When the HTTP client rejects the settings.
pub fn exporter(
    service: &'static str,
    settings: Settings,
    stop: CancellationToken,
) -> Result<impl Future<Output = ()> + Send + 'static, OtlpError> {
    let client = Client::builder()
        .default_headers(settings.headers)
        .timeout(ANSWER)
        .build()?;
    let (spans, received) = mpsc::channel(QUEUE);
    let threshold = threshold(settings.ratio);
    // A second exporter in the same process (in tests) receives no spans.
    let _ = LISTENER.set(Listener { spans, threshold });
    Ok(export(service, client, settings.endpoint, received, stop))
}

fn traces_url(given: &str) -> Result<Url, OtlpError> {
    Url::parse(&format!("{}/v1/traces", given.trim_end_matches('/'))).map_err(|error| OtlpError::Endpoint {
        given: given.to_owned(),
        reason: error.to_string(),
    })
}

fn headers(given: &str) -> Result<HeaderMap, OtlpError> {
    given
        .split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let name: HeaderName = name.trim().parse().ok()?;
            let mut value: HeaderValue = value.trim().parse().ok()?;
            value.set_sensitive(true);
            Some((name, value))
        })
        .collect::<Option<_>>()
        .ok_or_else(|| OtlpError::Headers(given.to_owned()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of all ids, and a float cast saturates"
)]
fn threshold(ratio: f64) -> u64 {
    (ratio.clamp(0.0, 1.0) * u64::MAX as f64) as u64
}

async fn export(
    service: &'static str,
    client: Client,
    url: Url,
    mut spans: Receiver<Value>,
    stop: CancellationToken,
) {
    loop {
        let first = tokio::select! {
            first = spans.recv() => first,
            () = stop.cancelled() => tokio::time::timeout(LAST, spans.recv()).await.ok().flatten(),
        };
        let Some(first) = first else { return };
        let mut batch = vec![first];
        let until = Instant::now() + if stop.is_cancelled() { LAST } else { GATHER };
        while batch.len() < BATCH {
            match timeout_at(until, spans.recv()).await {
                Ok(Some(span)) => batch.push(span),
                _ => break,
            }
        }
        send(service, &client, &url, &batch).await;
    }
}

/// Makes one attempt: retries would let the queue grow, and traces are not worth that.
async fn send(service: &str, client: &Client, url: &Url, batch: &[Value]) {
    let count = batch.len() as u64;
    let answered = client
        .post(url.clone())
        .json(&request(service, batch))
        .send()
        .await;
    match answered.and_then(reqwest::Response::error_for_status) {
        Ok(_) => metrics::counter!("spans_exported_total").increment(count),
        Err(error) => {
            tracing::debug!(%error, count, "the collector did not take spans");
            metrics::counter!("spans_dropped_total").increment(count);
        }
    }
}

fn request(service: &str, spans: &[Value]) -> Value {
    json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
        "scopeSpans": [{"scope": {"name": "fdp-trace"}, "spans": spans}],
    }]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_traces_is_a_share_of_their_ids() {
        assert_eq!(threshold(0.0), 0);
        assert_eq!(threshold(1.0), u64::MAX);
        assert_eq!(threshold(7.0), u64::MAX);
        let half = threshold(0.5);
        assert!(half.abs_diff(u64::MAX / 2) < u64::MAX / 1_000);
    }

    #[test]
    fn headers_are_read_as_the_standard_writes_them() {
        let read = headers("api-key=abc, x-tenant = shop").unwrap();
        assert_eq!(read["api-key"], "abc");
        assert_eq!(read["x-tenant"], "shop");
        assert!(headers("").unwrap().is_empty());
        assert!(
            headers("no value")
                .unwrap_err()
                .to_string()
                .contains("name=value")
        );
    }

    #[test]
    fn an_endpoint_that_is_none_is_refused_with_an_example() {
        let url = traces_url("http://collector:4318/").unwrap();
        assert_eq!(url.as_str(), "http://collector:4318/v1/traces");
        let words = traces_url("collector").unwrap_err().to_string();
        assert!(words.contains("http://collector:4318"), "{words}");
    }

    #[test]
    fn without_an_endpoint_nothing_is_exported_and_a_share_that_is_none_is_refused() {
        let set = |endpoint: &str, ratio: &str| {
            let (endpoint, ratio) = (endpoint.to_owned(), ratio.to_owned());
            Settings::read(move |name| match name {
                ENDPOINT => Some(endpoint.clone()),
                RATIO => Some(ratio.clone()),
                _ => None,
            })
        };
        assert_eq!(Settings::read(|_| None).unwrap(), None);
        assert_eq!(set("", "much").unwrap(), None);
        let settings = set("http://collector:4318", "0.25").unwrap().unwrap();
        assert!((settings.ratio - 0.25).abs() < f64::EPSILON);
        let words = set("http://collector:4318", "much").unwrap_err().to_string();
        assert!(words.contains("from 0 to 1"), "{words}");
    }
}
