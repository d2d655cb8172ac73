//! Consumes the events of pay that tell that a customer has paid.

use fdp_contracts::{Event, OrderId, PaymentState};
use fdp_messaging::Incoming;

/// Whether orders wait here for the news that they are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentNews {
    /// Customers pay at a provider, after they have ordered.
    Followed,
    /// Pay answers at once whether an order is paid. Its news are of orders that are placed already: looking each of them up
    /// would cost as much as the order itself.
    Ignored,
}

impl PaymentNews {
    /// Whether events of this `CloudEvents` type are to be followed.
    pub(super) fn concerns(self, kind: &str) -> bool {
        self == Self::Followed && tells_of_approval(kind)
    }
}

/// Whether events of this `CloudEvents` type tell that a payment is approved.
fn tells_of_approval(kind: &str) -> bool {
    PaymentState::announces_any(kind, &[PaymentState::Approved])
}

/// The order whose payment an event tells to be approved; `None` if it tells something else.
pub(super) fn approved(event: &Event) -> Option<OrderId> {
    match event {
        Event::Payment(payment) if payment.state == PaymentState::Approved => Some(payment.order_id),
        _ => None,
    }
}

/// The orders whose payments the events tell to be approved.
pub(super) fn all_approved(events: &[Incoming]) -> Vec<OrderId> {
    events
        .iter()
        .filter_map(|incoming| approved(&incoming.event))
        .collect()
}
