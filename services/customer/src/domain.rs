//! What a customer is told about an order, and what became of telling.

mod attempt;
mod text;

pub use attempt::{Answer, GIVE_UP_AFTER, Next, Refusal, next, too_late};
pub use text::Text;

use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderSnapshot, OrderState};

/// One message to one customer, about one change of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The order.
    pub order_id: OrderId,
    /// The order's version that it tells of; there is one message for each.
    pub version: u32,
    /// To whom.
    pub customer_id: String,
    /// Where the order is.
    pub state: OrderState,
    /// What it says.
    pub text: Text,
    /// What became of it.
    pub sending: SendState,
    /// How often sending it was begun.
    pub attempts: u32,
    /// When it was last begun.
    pub attempted_at: Option<DateTime<Utc>>,
    /// Why it is where it is, if there is more to say.
    pub reason: Option<String>,
    /// When the order changed so.
    pub changed_at: DateTime<Utc>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// The W3C trace of the change that it tells of.
    pub traceparent: Option<String>,
}

/// What became of sending a message beyond the local outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendState {
    /// To be read here, and sent nowhere: no messenger is set up, or nobody knows where the customer is reached.
    Local,
    /// To be sent.
    Pending,
    /// On its way; the answer is awaited.
    Sending,
    /// Delivered to the messenger.
    Sent,
    /// Never to be sent, for the reason that it carries.
    Failed,
    /// It may have been sent or not, so that it is not sent again.
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
    pub fn named(name: &str) -> Option<Self> {
        // What the version before this one calls it, which may run beside this one during a rollout.
        if name == "Kept" {
            return Some(Self::Local);
        }
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// The language that a customer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 한국어.
    Korean,
    /// English.
    English,
}

impl Language {
    /// Its code (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }

    /// The language of that code.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Korean, Self::English]
            .into_iter()
            .find(|language| language.code() == code)
    }
}

/// Where a customer's messages go, beside the local outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Kakao's id of the customer, as Kakao's list of friends tells it to this platform's app.
    pub kakao_uuid: String,
    /// What the customer reads.
    pub language: Language,
}

impl Notification {
    /// The message that the latest change of `order` calls for. It stays local until the store decides otherwise.
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

/// The state's name, as in events and as it is stored.
pub fn state_name(state: OrderState) -> &'static str {
    match state {
        OrderState::Placed => "Placed",
        OrderState::Accepted => "Accepted",
        OrderState::Cooking => "Cooking",
        OrderState::OnTheWay => "OnTheWay",
        OrderState::Delivered => "Delivered",
        OrderState::Rejected => "Rejected",
        OrderState::Cancelled => "Cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_sending_is_known_by_its_name_and_by_the_one_it_had() {
        for state in SendState::ALL {
            assert_eq!(SendState::named(state.name()), Some(state));
        }
        assert_eq!(SendState::named("Kept"), Some(SendState::Local));
        assert_eq!(SendState::named("kept"), None);
    }
}
