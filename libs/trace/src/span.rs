//! A span: one operation within a trace, from start to end, for the collector.

use crate::context::{self, TraceContext};
use crate::otlp;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The kind of a span; the numbers are those of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An operation without a request from outside.
    Internal = 1,
    /// Handling a request.
    Server = 2,
    /// A request to another system.
    Client = 3,
    /// Processing an event.
    Consumer = 5,
}

/// A span in progress; it ends when this is dropped. Without a collector, nothing is recorded and it costs nothing.
#[derive(Debug)]
pub struct Span(Option<Box<Recording>>);

#[derive(Debug)]
struct Recording {
    name: String,
    kind: Kind,
    context: TraceContext,
    started: SystemTime,
    attributes: Vec<Value>,
    failed: bool,
}

impl Span {
    /// Starts the span of `context`; `name` is called only if the span is recorded.
    pub fn begin(kind: Kind, context: TraceContext, name: impl FnOnce() -> String) -> Self {
        Self((context.sampled && otlp::listens()).then(|| {
            Box::new(Recording {
                name: name(),
                kind,
                context,
                started: SystemTime::now(),
                attributes: Vec::new(),
                failed: false,
            })
        }))
    }

    /// Starts a child span of the calling task's trace context. Without a context, nothing is recorded.
    pub fn step(kind: Kind, name: impl FnOnce() -> String) -> Self {
        context::current().map_or(Self(None), |context| Self::begin(kind, context.child(), name))
    }

    /// Adds an attribute.
    pub fn set(&mut self, name: &str, value: &(impl ToString + ?Sized)) {
        if let Some(recording) = &mut self.0 {
            let value = json!({"key": name, "value": {"stringValue": value.to_string()}});
            recording.attributes.push(value);
        }
    }

    /// Discards the span.
    pub fn forget(mut self) {
        self.0 = None;
    }

    /// Marks the span as failed by an error of our own.
    pub fn fail(&mut self) {
        if let Some(recording) = &mut self.0 {
            recording.failed = true;
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(recording) = self.0.take() {
            otlp::tell(recording.ended(SystemTime::now()));
        }
    }
}

impl Recording {
    /// The span as OTLP JSON.
    fn ended(self, at: SystemTime) -> Value {
        let mut span = json!({
            "traceId": self.context.trace_id(),
            "spanId": format!("{:016x}", self.context.span_id),
            "name": self.name,
            "kind": self.kind as u8,
            "startTimeUnixNano": nanoseconds(self.started),
            "endTimeUnixNano": nanoseconds(at),
            "attributes": self.attributes,
            "status": if self.failed { json!({"code": 2}) } else { json!({}) },
        });
        if let Some(parent) = self.context.parent_id {
            span["parentSpanId"] = format!("{parent:016x}").into();
        }
        span
    }
}

/// 64-bit numbers are strings in OTLP's JSON.
fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_span_is_told_as_the_collector_expects_it() {
        let context = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        let mut span = Span(Some(Box::new(Recording {
            name: "GET /orders".to_owned(),
            kind: Kind::Server,
            context: context.child(),
            started: UNIX_EPOCH + Duration::from_secs(1),
            attributes: Vec::new(),
            failed: false,
        })));
        span.set("http.response.status_code", &500);
        span.fail();
        let told = span
            .0
            .take()
            .unwrap()
            .ended(UNIX_EPOCH + Duration::from_millis(1_500));
        assert_eq!(told["traceId"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(told["parentSpanId"], "b7ad6b7169203331");
        assert_eq!(told["kind"], 2);
        assert_eq!(told["startTimeUnixNano"], "1000000000");
        assert_eq!(told["endTimeUnixNano"], "1500000000");
        assert_eq!(told["attributes"][0]["value"]["stringValue"], "500");
        assert_eq!(told["status"]["code"], 2);
    }

    #[test]
    fn nothing_is_recorded_while_nobody_listens() {
        let span = Span::begin(Kind::Internal, TraceContext::start(), || {
            panic!("the name was asked")
        });
        assert!(span.0.is_none());
    }
}
