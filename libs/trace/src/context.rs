//! The trace context of a task, as carried in the `traceparent` header.

use crate::otlp;
use std::future::Future;

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// The flag of a sampled trace.
const SAMPLED: u8 = 1;

/// The trace context of a piece of work (<https://www.w3.org/TR/trace-context/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    pub(crate) trace_id: u128,
    /// The current span.
    pub(crate) span_id: u64,
    /// The parent span, if there is one.
    pub(crate) parent_id: Option<u64>,
    /// Whether the service that started the trace decided to record it.
    pub(crate) sampled: bool,
}

impl TraceContext {
    /// Starts a new trace.
    pub fn start() -> Self {
        let trace_id = rand::random::<u128>().max(1);
        Self {
            trace_id,
            span_id: rand::random::<u64>().max(1),
            parent_id: None,
            sampled: otlp::samples(trace_id),
        }
    }

    /// Parses a `traceparent` header; `None` if it is invalid. The caller should then start a new trace.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
        let well_formed = version.len() == 2 && version != "ff" && trace.len() == 32 && span.len() == 16;
        let trace_id = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
        let span_id = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
        let flags = parts
            .next()
            .and_then(|flags| u8::from_str_radix(flags, 16).ok())?;
        well_formed.then_some(Self {
            trace_id,
            span_id,
            parent_id: None,
            sampled: flags & SAMPLED != 0,
        })
    }

    /// A child of the span in `header`; if the header is missing or invalid, the first span of a new trace.
    pub fn continuing(header: Option<&str>) -> Self {
        header.and_then(Self::parse).map_or_else(Self::start, Self::child)
    }

    /// The header to send with requests and events that this work causes.
    pub fn header(self) -> String {
        let flags = if self.sampled { SAMPLED } else { 0 };
        format!("00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }

    /// The trace id as it is written to log lines.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// A new child span in the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self {
            span_id: rand::random::<u64>().max(1),
            parent_id: Some(self.span_id),
            ..self
        }
    }
}

/// Runs `work` with `context` as the current trace context.
pub async fn within<F: Future>(context: TraceContext, work: F) -> F::Output {
    CURRENT.scope(context, work).await
}

/// The trace context of the calling task, if it has one.
pub fn current() -> Option<TraceContext> {
    CURRENT.try_with(|context| *context).ok()
}

/// The `traceparent` header for the calling task, if it has a trace context.
pub fn current_header() -> Option<String> {
    current().map(TraceContext::header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_as_it_was_written() {
        let context = TraceContext::start();
        assert_eq!(TraceContext::parse(&context.header()), Some(context));
    }

    #[test]
    fn a_step_knows_the_step_that_caused_it_and_whether_it_is_recorded() {
        for flags in ["00", "01"] {
            let header = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
            let child = TraceContext::continuing(Some(&header));
            assert_eq!(child.parent_id, Some(0xb7ad_6b71_6920_3331));
            assert_eq!(child.trace_id(), "0af7651916cd43dd8448eb211c80319c");
            assert!(child.header().ends_with(flags), "{}", child.header());
        }
    }

    #[test]
    fn what_is_no_header_starts_a_new_trace() {
        for header in [
            "",
            "00-00000000000000000000000000000000-0000000000000001-01",
            "ff-00000000000000000000000000000001-0000000000000001-01",
            "00-00000000000000000000000000000001-0000000000000001",
            "00-1-1-01",
        ] {
            assert_eq!(TraceContext::parse(header), None, "{header}");
        }
    }
}
