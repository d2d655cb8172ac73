//! The JSON of payments at a provider.

use crate::application::ports::ShownAtProvider;
use crate::application::provider_payments::AwaitingCustomer;
use crate::domain::provider_payment::RefundProgress;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, PaymentId};
use serde::Serialize;
use utoipa::ToSchema;

/// A payment whose customer has to do something first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AwaitingCustomerBody {
    /// The payment.
    payment_id: PaymentId,
    /// The order that it pays for.
    order_id: OrderId,
    /// In won.
    amount: u64,
    /// `AwaitingCustomer`.
    #[schema(examples("AwaitingCustomer"))]
    state: &'static str,
    /// The page of the provider on which the customer pays.
    #[schema(examples("https://checkout.stripe.com/c/pay/cs_test_1"))]
    pay_url: String,
    /// Until when that is possible.
    expires_at: DateTime<Utc>,
}

/// What a provider has of a payment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProviderBody {
    /// The provider.
    #[schema(examples("Stripe"))]
    name: String,
    /// What it last said: Asked, `AwaitingCustomer`, Authorized, Captured, Refused, Expired or Cancelled.
    #[schema(examples("Captured"))]
    standing: &'static str,
    /// How far the refund is, until it has arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refund: Option<RefundBody>,
    /// Why the last call of it failed; for those who run the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_error: Option<String>,
}

/// How far a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(super) enum RefundBody {
    /// It has not arrived yet.
    Pending,
    /// It could not be brought back; it is tried again.
    Failed,
}

impl From<AwaitingCustomer> for AwaitingCustomerBody {
    fn from(waiting: AwaitingCustomer) -> Self {
        Self {
            payment_id: waiting.payment_id,
            order_id: waiting.order_id,
            amount: waiting.amount,
            state: "AwaitingCustomer",
            pay_url: waiting.page.url,
            expires_at: waiting.page.expires_at,
        }
    }
}

impl ProviderBody {
    /// What a provider has of a payment; why a call of it failed only if `tells_why`.
    pub(super) fn shown(shown: &ShownAtProvider, tells_why: bool) -> Self {
        let payment = &shown.payment;
        Self {
            name: shown.provider.clone(),
            standing: payment.standing.name(),
            refund: payment.refund().map(|refund| match refund {
                RefundProgress::Pending => RefundBody::Pending,
                RefundProgress::Failed => RefundBody::Failed,
            }),
            last_error: payment.last_error.clone().filter(|_| tells_why),
        }
    }
}
