//! The fields of Stripe's objects that we read (<https://docs.stripe.com/api>).

use serde::Deserialize;
use std::collections::BTreeMap;

/// An object that is its id unless it was asked to be expanded.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    Object(Box<T>),
    Id(String),
}

impl<T> Expandable<T> {
    pub(super) fn object(self) -> Option<T> {
        match self {
            Self::Object(object) => Some(*object),
            Self::Id(_) => None,
        }
    }
}

/// A page on which a customer pays.
#[derive(Debug, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    /// open, complete or expired.
    pub(super) status: Option<String>,
    /// While it is open.
    pub(super) url: Option<String>,
    pub(super) expires_at: i64,
    pub(super) payment_intent: Option<Expandable<PaymentIntent>>,
}

impl Session {
    /// The id of its payment, if that was captured.
    pub(super) fn captured(&self) -> Option<&str> {
        match &self.payment_intent {
            Some(Expandable::Object(intent)) if intent.status == "succeeded" => Some(&intent.id),
            _ => None,
        }
    }
}

/// A payment.
#[derive(Debug, Deserialize)]
pub(super) struct PaymentIntent {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) amount_capturable: u64,
    #[serde(default)]
    pub(super) amount_received: u64,
    pub(super) latest_charge: Option<Expandable<Charge>>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// A charge of a payment.
#[derive(Debug, Deserialize)]
pub(super) struct Charge {
    #[serde(default)]
    pub(super) amount_refunded: u64,
    pub(super) payment_method_details: Option<PaymentMethodDetails>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentMethodDetails {
    pub(super) card: Option<Card>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Card {
    /// When the authorisation ends, in seconds since 1970.
    pub(super) capture_before: Option<i64>,
}

/// Money that goes back.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) amount: u64,
    /// pending, `requires_action`, succeeded, failed or canceled.
    pub(super) status: Option<String>,
}

/// One page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// An error.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: ErrorDetail,
}

#[derive(Debug, Deserialize)]
pub(super) struct ErrorDetail {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// A message about something that happened.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) data: EventData,
}

#[derive(Debug, Deserialize)]
pub(super) struct EventData {
    pub(super) object: EventObject,
}

/// What all objects have in common that belong to one of our payments.
#[derive(Debug, Deserialize)]
pub(super) struct EventObject {
    pub(super) client_reference_id: Option<String>,
    pub(super) metadata: Option<BTreeMap<String, String>>,
}
