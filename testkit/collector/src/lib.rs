//! A trace collector that receives OTLP over HTTP (JSON) and stores the spans.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a sender may be silent before its connection is closed.
const SILENCE: Duration = Duration::from_secs(30);

/// A span of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The service that sent it.
    pub service: String,
    pub name: String,
    pub trace_id: String,
    pub span_id: String,
    /// The parent span, if any.
    pub parent_id: Option<String>,
}

/// A collector that runs until the process ends.
#[derive(Debug)]
pub struct Collector {
    port: u16,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    /// Starts a collector on a loopback port.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("listening for traces")?;
        let port = listener.local_addr().context("listening for traces")?.port();
        let spans = Arc::new(Mutex::new(Vec::new()));
        let collected = Arc::clone(&spans);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let collected = Arc::clone(&collected);
                thread::spawn(move || {
                    // Errors are ignored: a sender whose connection breaks may or may not send again.
                    let _ = serve(connection, &collected);
                });
            }
        });
        Ok(Self { port, spans })
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All spans received so far.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The spans of one trace received so far.
    pub fn trace(&self, trace_id: &str) -> Vec<Span> {
        let mut spans = self.spans();
        spans.retain(|span| span.trace_id == trace_id);
        spans
    }
}

fn serve(connection: TcpStream, collected: &Mutex<Vec<Span>>) -> Result<()> {
    connection.set_read_timeout(Some(SILENCE))?;
    let mut answers = connection.try_clone()?;
    let mut requests = BufReader::new(connection);
    while let Some(body) = next_body(&mut requests)? {
        let spans = read(&serde_json::from_slice(&body)?);
        collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(spans);
        answers
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")?;
    }
    Ok(())
}

/// The body of the next request; `None` when there is none.
fn next_body(requests: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => {
                if let Some((name, value)) = line.split_once(':') {
                    headers.insert(name.to_lowercase(), value.trim().to_owned());
                }
            }
        }
    }
    let length = headers
        .get("content-length")
        .context("a request without a length")?;
    let mut body = vec![0; length.parse()?];
    requests.read_exact(&mut body)?;
    Ok(Some(body))
}

fn read(request: &Value) -> Vec<Span> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut spans = Vec::new();
    for resource in list(&request["resourceSpans"]) {
        let service = list(&resource["resource"]["attributes"])
            .iter()
            .find(|attribute| attribute["key"] == "service.name")
            .and_then(|attribute| text(&attribute["value"]["stringValue"]))
            .unwrap_or_default();
        for scope in list(&resource["scopeSpans"]) {
            for span in list(&scope["spans"]) {
                spans.push(Span {
                    service: service.clone(),
                    name: text(&span["name"]).unwrap_or_default(),
                    trace_id: text(&span["traceId"]).unwrap_or_default(),
                    span_id: text(&span["spanId"]).unwrap_or_default(),
                    parent_id: text(&span["parentSpanId"]),
                });
            }
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requests_that_follow_each_other_are_told_apart() {
        let stream = "POST /v1/traces HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nnull";
        let mut stream = stream.as_bytes();
        assert_eq!(next_body(&mut stream).unwrap().unwrap(), b"{}");
        assert_eq!(next_body(&mut stream).unwrap().unwrap(), b"null");
        assert_eq!(next_body(&mut stream).unwrap(), None);
    }

    #[test]
    fn a_span_is_read_with_its_service() {
        let request = json!({"resourceSpans": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "pay"}}]},
            "scopeSpans": [{"spans": [{"traceId": "t", "spanId": "s", "parentSpanId": "p", "name": "POST /payments"}]}],
        }]});
        let spans = read(&request);
        assert_eq!(spans.len(), 1);
        assert_eq!(
            (spans[0].service.as_str(), spans[0].parent_id.as_deref()),
            ("pay", Some("p"))
        );
    }
}
