//! W3C trace context and spans for the services and the operator: propagated through requests and events, and exported
//! to a collector.

mod context;
mod otlp;
mod span;

pub use context::{TraceContext, current, current_header, within};
pub use otlp::{OtlpError, Settings, exporter};
pub use span::{Kind, Span};
