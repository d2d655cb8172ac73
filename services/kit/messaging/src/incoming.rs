//! A received event, and the trace of its processing.

use fdp_contracts::{CloudEvent, DecodeError, Event, OrderId};
use fdp_runtime::trace::{Kind, Span, TraceContext};

/// A received event.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The envelope as it was received.
    pub envelope: CloudEvent,
    /// The event in it.
    pub event: Event,
}

impl Incoming {
    /// Parses the event in an envelope.
    ///
    /// # Errors
    /// When the data does not match its type.
    pub fn open(envelope: CloudEvent) -> Result<Self, DecodeError> {
        let event = envelope.event()?;
        Ok(Self { envelope, event })
    }

    /// The order that the event is about; `None` for events about products.
    pub fn order_id(&self) -> Option<OrderId> {
        self.event.order_id()
    }

    /// Starts the span in which the event is processed. The context is for what the event causes; the span is exported
    /// when it is dropped.
    pub fn begin(&self) -> (TraceContext, Span) {
        let context = TraceContext::continuing(self.envelope.traceparent.as_deref());
        let mut span = Span::begin(Kind::Consumer, context, || self.envelope.kind.clone());
        if let Some(order_id) = self.order_id() {
            span.set("order.id", &order_id);
        }
        (context, span)
    }

    /// Runs `work` with the event's ids in its log lines.
    pub fn within<R>(&self, context: TraceContext, work: impl FnOnce() -> R) -> R {
        let (kind, event_id) = (&self.envelope.kind, self.envelope.id);
        let span = tracing::info_span!(
            "event", %kind, %event_id, trace_id = %context.trace_id(), order_id = tracing::field::Empty,
        );
        if let Some(order_id) = self.order_id() {
            span.record("order_id", tracing::field::display(order_id));
        }
        span.in_scope(work)
    }
}
