//! An event that has come in, and the trace that its effect belongs to.

use fdp_contracts::{CloudEvent, DecodeError, Event, OrderId};
use fdp_runtime::trace::{Kind, Span, TraceContext};

/// An event that has come in.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// As it travelled.
    pub envelope: CloudEvent,
    /// What it says.
    pub event: Event,
}

impl Incoming {
    /// Opens an envelope.
    ///
    /// # Errors
    /// When its data does not fit its type.
    pub fn open(envelope: CloudEvent) -> Result<Self, DecodeError> {
        let event = envelope.event()?;
        Ok(Self { envelope, event })
    }

    /// The order that it is about; events of products are about none.
    pub fn order_id(&self) -> Option<OrderId> {
        self.event.order_id()
    }

    /// Begins the step of its trace that brings about its effect: for what that causes, and for the collector until
    /// the span is dropped.
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
