//! The payment as other services see it.

use crate::state::announced;
use crate::{OrderId, PaymentId, examples};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum PaymentState {
    /// The money is ours, for an order that stands.
    Approved,
    /// The money went back.
    Refunded,
    /// Never to be: its order was given up before (or just as) it was paid.
    Voided,
}

announced!(PaymentState {
    Approved => "fooddelivery.payment.approved.v1",
    Refunded => "fooddelivery.payment.refunded.v1",
    Voided => "fooddelivery.payment.voided.v1",
});

/// A payment after its latest change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples(PaymentSnapshot::example))]
pub struct PaymentSnapshot {
    /// The payment.
    pub payment_id: PaymentId,
    /// The one order that it pays.
    pub order_id: OrderId,
    /// In won.
    pub amount: u64,
    /// What became of it.
    pub state: PaymentState,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl PaymentSnapshot {
    /// The example for the documents.
    pub(crate) fn example() -> Self {
        Self {
            payment_id: PaymentId::from(examples::ID),
            order_id: OrderId::from(examples::ID),
            amount: 50_000,
            state: PaymentState::Approved,
            changed_at: examples::at(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_parsed_back_from_its_name() {
        for state in [
            PaymentState::Approved,
            PaymentState::Refunded,
            PaymentState::Voided,
        ] {
            assert_eq!(state.name().parse(), Ok(state));
        }
        assert!("Lost".parse::<PaymentState>().is_err());
    }
}
