//! A span: one step of a trace, from its beginning to its end, for the collector.

use crate::context::{self, TraceContext};
use crate::otlp;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// What kind of step it is; the numbers are those of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something that nobody outside asked for.
    Internal = 1,
    /// The answer to a request.
    Server = 2,
    /// A request to somebody else.
    Client = 3,
    /// The effect of an event.
    Consumer = 5,
}

/// A step under way; it ends when this is dropped. Nothing is recorded, nor costs anything, without a collector.
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
    /// Begins the step that `context` stands for; `name` is asked only if it is recorded.
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

    /// Begins a step of the trace that the calling task works for. Where it works for none, nothing is recorded.
    pub fn step(kind: Kind, name: impl FnOnce() -> String) -> Self {
        context::current().map_or(Self(None), |context| Self::begin(kind, context.child(), name))
    }

    /// Says more of it.
    pub fn set(&mut self, name: &str, value: &(impl ToString + ?Sized)) {
        if let Some(recording) = &mut self.0 {
            let value = json!({"key": name, "value": {"stringValue": value.to_string()}});
            recording.attributes.push(value);
        }
    }

    /// Says that it was nothing to tell of.
    pub fn forget(mut self) {
        self.0 = None;
    }

    /// Says that it failed, through our own fault.
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
    /// The span as OTLP's JSON has it.
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
