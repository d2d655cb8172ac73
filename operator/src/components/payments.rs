//! The configuration of payments at a provider.

use fdp_catalogue::variables;
use fdp_crds::PaymentProvider;
use k8s_openapi::api::core::v1::EnvVar;

use crate::{kubernetes::pod, spec::Validated};

/// The port of every provider.
pub const HTTPS: u16 = 443;

/// What the status says of payments.
pub fn status(platform: &Validated) -> String {
    match platform.payments {
        None => format!(
            "{}: payments are only written down, for demonstrations; nobody is charged",
            PaymentProvider::Ledger.as_str()
        ),
        Some(_) => format!("{}: customers pay there", PaymentProvider::Stripe.as_str()),
    }
}

/// The variable that tells order that customers pay after they have ordered; empty with the ledger.
pub fn order_environment(platform: &Validated) -> Vec<EnvVar> {
    provider(platform).into_iter().collect()
}

/// The variables that pass the provider and its keys to pay; empty with the ledger.
pub fn pay_environment(platform: &Validated) -> Vec<EnvVar> {
    let Some(payments) = &platform.payments else {
        return Vec::new();
    };
    let key = |name, key| pod::env_from_secret(name, &payments.secret, key);
    provider(platform)
        .into_iter()
        .chain([
            pod::env(variables::PUBLIC_URL, payments.public_url.clone()),
            key(variables::STRIPE_SECRET_KEY, "secretKey"),
            key(variables::STRIPE_WEBHOOK_SECRET, "webhookSecret"),
        ])
        .collect()
}

fn provider(platform: &Validated) -> Option<EnvVar> {
    platform.payments.as_ref().map(|_| {
        pod::env(
            variables::PAYMENT_PROVIDER,
            PaymentProvider::Stripe.as_str().to_owned(),
        )
    })
}
