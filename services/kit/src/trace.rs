//! Traces in services: [`fdp_trace`], and the order that a piece of work is about.

pub use fdp_trace::{Kind, OtlpError, Settings, Span, TraceContext, current_header, exporter, within};

/// Names the order that the request at hand is about in all further log lines of it.
pub fn about(order_id: impl std::fmt::Display) {
    tracing::Span::current().record("order_id", tracing::field::display(order_id));
}
