//! Traces in services: [`fdp_trace`], and the order id of a request.

pub use fdp_trace::{Kind, OtlpError, Settings, Span, TraceContext, current_header, exporter, within};

/// Adds the order's id to all further log lines of the request.
pub fn about(order_id: impl std::fmt::Display) {
    tracing::Span::current().record("order_id", tracing::field::display(order_id));
}
