//! Who takes the customers' money.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules;

/// Who takes the customers' money.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("!has(self.provider) || self.provider != 'Stripe' || has(self.secretRef)")
        .message("payments.provider: Stripe needs payments.secretRef, a Secret with the keys secretKey and webhookSecret"),
    validation = Rule::new("!has(self.secretRef) || (has(self.provider) && self.provider == 'Stripe')")
        .message("payments.secretRef needs payments.provider: Stripe")
)]
pub struct Payments {
    /// Ledger (default): pay says yes to every order and writes it down; nobody is charged, which is for demonstrations.
    /// Stripe: customers pay at Stripe, and an order is placed once they have. Its webhook is to send to
    /// `/payments/webhooks/stripe` of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<PaymentProvider>,

    /// The Secret with the keys of the account, with provider Stripe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<PaymentsSecret>,
}

/// Who takes the customers' money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PaymentProvider {
    #[default]
    Ledger,
    Stripe,
}

impl PaymentProvider {
    /// Its name, as the services read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ledger => "Ledger",
            Self::Stripe => "Stripe",
        }
    }
}

/// A Secret in the platform's namespace with the keys `secretKey`, with which pay calls the provider, and `webhookSecret`, with
/// which the provider signs its news. Pods read it when they start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentsSecret {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253), extend("x-kubernetes-validations" = rules::secret_name()))]
    pub name: String,
}
