//! W3C trace context: carried from request to request, into events and out of them again.

use std::future::Future;

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// The trace that a piece of work belongs to (<https://www.w3.org/TR/trace-context/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: u128,
    parent_id: u64,
}

impl TraceContext {
    /// A trace of its own.
    pub fn start() -> Self {
        Self {
            trace_id: rand::random::<u128>().max(1),
            parent_id: rand::random::<u64>().max(1),
        }
    }

    /// Reads a `traceparent` header; `None` when it isn't one, and then a new trace should start.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
        let well_formed = version.len() == 2 && version != "ff" && trace.len() == 32 && parent.len() == 16;
        let trace_id = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
        let parent_id = u64::from_str_radix(parent, 16).ok().filter(|id| *id != 0)?;
        well_formed.then_some(Self { trace_id, parent_id })
    }

    /// The header to send with work that this work causes.
    pub fn header(self) -> String {
        format!("00-{:032x}-{:016x}-01", self.trace_id, self.parent_id)
    }

    /// The trace's id as it stands in log lines.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// The same trace, one step further.
    #[must_use]
    pub fn child(self) -> Self {
        Self {
            parent_id: rand::random::<u64>().max(1),
            ..self
        }
    }
}

/// Runs `work` as part of `context`.
pub async fn within<F: Future>(context: TraceContext, work: F) -> F::Output {
    CURRENT.scope(context, work).await
}

/// The header of the trace that the calling task works for, if it works for one.
pub fn current_header() -> Option<String> {
    CURRENT.try_with(|context| context.header()).ok()
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
    fn what_is_no_header_starts_a_new_trace() {
        for header in [
            "",
            "00-00000000000000000000000000000000-0000000000000001-01",
            "ff-00000000000000000000000000000001-0000000000000001-01",
            "00-1-1-01",
        ] {
            assert_eq!(TraceContext::parse(header), None, "{header}");
        }
    }
}
