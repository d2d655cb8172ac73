//! The step of a trace that a task works for, as the `traceparent` header carries it.

use crate::otlp;
use std::future::Future;

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// The flag of a trace that is recorded.
const SAMPLED: u8 = 1;

/// A step of the trace that a piece of work belongs to (<https://www.w3.org/TR/trace-context/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    pub(crate) trace_id: u128,
    /// This step.
    pub(crate) span_id: u64,
    /// The step that caused it, if any did.
    pub(crate) parent_id: Option<u64>,
    /// Whether the service that started the trace wants it recorded.
    pub(crate) sampled: bool,
}

impl TraceContext {
    /// A trace of its own.
    pub fn start() -> Self {
        let trace_id = rand::random::<u128>().max(1);
        Self {
            trace_id,
            span_id: rand::random::<u64>().max(1),
            parent_id: None,
            sampled: otlp::samples(trace_id),
        }
    }

    /// Reads a `traceparent` header; `None` when it isn't one, and then a new trace should start.
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

    /// The next step of the trace of `header`, or the first of a trace of its own when that is none.
    pub fn continuing(header: Option<&str>) -> Self {
        header.and_then(Self::parse).map_or_else(Self::start, Self::child)
    }

    /// The header to send with work that this work causes.
    pub fn header(self) -> String {
        let flags = if self.sampled { SAMPLED } else { 0 };
        format!("00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }

    /// The trace's id as it stands in log lines.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// The same trace, one step further.
    #[must_use]
    pub fn child(self) -> Self {
        Self {
            span_id: rand::random::<u64>().max(1),
            parent_id: Some(self.span_id),
            ..self
        }
    }
}

/// Runs `work` as part of `context`.
pub async fn within<F: Future>(context: TraceContext, work: F) -> F::Output {
    CURRENT.scope(context, work).await
}

/// The step of a trace that the calling task works for, if it works for one.
pub fn current() -> Option<TraceContext> {
    CURRENT.try_with(|context| *context).ok()
}

/// The header of the trace that the calling task works for, if it works for one.
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
