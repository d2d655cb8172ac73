//! Payments at a provider, with every default filled in.

use fdp_crds::{Gateway, PaymentProvider, Payments as PaymentsSpec};

/// How customers pay at Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payments {
    /// The Secret with the keys of the account.
    pub secret: String,
    /// Where customers come back to.
    pub public_url: String,
}

/// How customers pay at a provider; `None` with the ledger, which charges nobody.
pub(super) fn payments(spec: PaymentsSpec, gateway: &Gateway) -> Option<Payments> {
    let (PaymentProvider::Stripe, Some(secret)) = (spec.provider.unwrap_or_default(), spec.secret_ref) else {
        return None;
    };
    let served = gateway.hosts.first().filter(|_| gateway.tls.is_some());
    let public_url = gateway.public_url.clone();
    Some(Payments {
        secret: secret.name,
        public_url: public_url.or_else(|| served.map(|host| format!("https://{host}")))?,
    })
}
