//! One message about one change of an order, and whether it was sent.

use super::text::{self, Text};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderSnapshot, OrderState};

/// One message to one customer, about one change of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The order.
    pub order_id: OrderId,
    /// The order's version that it is about; there is one message for each.
    pub version: u32,
    /// The receiver.
    pub customer_id: String,
    /// The order's state.
    pub state: OrderState,
    /// Its text.
    pub text: Text,
    /// Whether it was sent.
    pub sending: SendState,
    /// How many attempts to send it have begun.
    pub attempts: u32,
    /// When the last attempt began.
    pub attempted_at: Option<DateTime<Utc>>,
    /// The reason for its send state, if there is one.
    pub reason: Option<String>,
    /// When the order changed.
    pub changed_at: DateTime<Utc>,
    /// When the message was created.
    pub created_at: DateTime<Utc>,
    /// The W3C trace of the change that it is about.
    pub traceparent: Option<String>,
}

/// Whether a message was sent, beyond the local outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendState {
    /// It stays in the local outbox: no messenger is configured, or the customer has no contact.
    Local,
    /// To be sent.
    Pending,
    /// It is being sent; the response is awaited.
    Sending,
    /// The messenger has accepted it.
    Sent,
    /// It will never be sent, for its `reason`.
    Failed,
    /// It may or may not have been sent, so it is not sent again.
    Unknown,
}

impl SendState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Local,
        Self::Pending,
        Self::Sending,
        Self::Sent,
        Self::Failed,
        Self::Unknown,
    ];

    /// Its name, as it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::Pending => "Pending",
            Self::Sending => "Sending",
            Self::Sent => "Sent",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        // The name that the previous version uses, which may run beside this one during a rollout.
        if name == "Kept" {
            return Some(Self::Local);
        }
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Notification {
    /// The message about the latest change of `order`. It stays local unless the outbox marks it as pending.
    pub fn about(order: &OrderSnapshot, traceparent: Option<String>, now: DateTime<Utc>) -> Self {
        Self {
            order_id: order.order_id,
            version: order.version,
            customer_id: order.customer_id.clone(),
            state: order.state,
            text: text::text(order),
            sending: SendState::Local,
            attempts: 0,
            attempted_at: None,
            reason: None,
            changed_at: order.changed_at,
            created_at: now,
            traceparent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_send_state_is_found_by_its_name_and_by_its_former_name() {
        for state in SendState::ALL {
            assert_eq!(SendState::from_name(state.name()), Some(state));
        }
        assert_eq!(SendState::from_name("Kept"), Some(SendState::Local));
        assert_eq!(SendState::from_name("kept"), None);
    }
}
