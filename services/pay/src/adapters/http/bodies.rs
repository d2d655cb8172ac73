//! The JSON bodies of requests and responses.

use crate::adapters::http::provider_bodies::ProviderBody;
use crate::adapters::http::return_path::ReturnPath;
use crate::application::ports::ShownPayment;
use crate::domain::{Charge, Payment};
use fdp_contracts::{
    OrderId, PaymentSnapshot, number_or_string, number_schema, optional_text, optional_text_schema,
};
use fdp_http::Caller;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A wish to pay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChargeBody {
    /// What is paid.
    pub(super) order_id: OrderId,
    /// Who pays, if told.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    customer_id: Option<String>,
    /// In won.
    #[serde(deserialize_with = "number_or_string")]
    #[schema(schema_with = number_schema)]
    amount: u64,
    /// The path of the page to which the customer comes back from a provider's page: `/shop/orders/…`.
    #[serde(default)]
    #[schema(
        value_type = Option<String>,
        pattern = r"^/([!-.0-\[\]-~][!-\[\]-~]*)?$",
        max_length = 500,
        examples("/shop/orders/ord_1")
    )]
    pub(super) return_path: Option<ReturnPath>,
}

/// A payment as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentBody {
    #[serde(flatten)]
    payment: PaymentSnapshot,
    /// Who paid, if told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer_id: Option<String>,
    /// What a provider has of it, if it is or was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider: Option<ProviderBody>,
}

impl From<ChargeBody> for Charge {
    fn from(body: ChargeBody) -> Self {
        Self {
            order_id: body.order_id,
            customer_id: body.customer_id,
            amount: body.amount,
        }
    }
}

impl From<Payment> for PaymentBody {
    fn from(payment: Payment) -> Self {
        Self {
            payment: payment.snapshot(),
            customer_id: payment.customer_id,
            provider: None,
        }
    }
}

impl PaymentBody {
    /// A payment as `caller` may see it: what a provider says of a failure is for those who run the platform.
    pub(super) fn shown(shown: ShownPayment, caller: &Caller) -> Self {
        let provider = shown
            .at_provider
            .as_ref()
            .map(|at_provider| ProviderBody::shown(at_provider, caller.is_unrestricted()));
        Self {
            provider,
            ..shown.payment.into()
        }
    }
}
