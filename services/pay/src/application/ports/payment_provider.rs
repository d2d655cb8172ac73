//! A company that moves customers' money for us: Stripe, and whoever fits this port (`docs/payments.md`).

use crate::domain::provider_payment::{Page, ProviderPayment, Reference, Standing};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::OrderId;
use std::fmt::Debug;

/// What is known after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This is what there is now.
    Known(Standing, Reference),
    /// The customer has to do something on a page of the provider.
    NeedsCustomer(Page, Reference),
    /// The call had no effect, and the same call never will; the reason, for people.
    Refused(String),
    /// Nobody knows whether the call took effect; the reason, for people.
    Unknown(String),
}

/// Why something that a webhook brought is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// There is no signature, or none that can be read.
    #[error("the header Stripe-Signature is missing or has not the form t=…,v1=…")]
    NoSignature,
    /// The signature is another one.
    #[error("no signature fits this body; see whether STRIPE_WEBHOOK_SECRET is that of this endpoint")]
    OtherSignature,
    /// It was signed too long ago, or in the future.
    #[error("it was signed more than five minutes ago or in the future; see whether the clock is right")]
    Stale,
    /// The body is not an event of the provider.
    #[error("the body is not an event")]
    NotAnEvent,
}

/// The provider could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("asking the payment provider: {0}")]
pub struct ProviderError(pub String);

/// A payment in the provider's own books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldPayment {
    /// The order that it is for.
    pub order_id: OrderId,
    /// What the provider holds or has taken of it and not sent back, in won.
    pub held: u64,
}

/// A payment provider. Each call has a key: repeated with the same key, it takes effect once.
#[async_trait]
pub trait PaymentProvider: Debug + Send + Sync + 'static {
    /// Its name, as it is stored and shown.
    fn name(&self) -> &'static str;

    /// Holds the payment's amount, or says where the customer does this.
    async fn authorize(&self, payment: &ProviderPayment, key: &str) -> Outcome;

    /// Takes `amount` won of what is held, and gives up the rest.
    async fn capture(&self, payment: &ProviderPayment, amount: u64, key: &str) -> Outcome;

    /// Gives up what is held, or the page on which the customer pays.
    async fn cancel(&self, payment: &ProviderPayment, key: &str) -> Outcome;

    /// Sends `amount` won of what was taken back to the customer.
    async fn refund(&self, payment: &ProviderPayment, amount: u64, key: &str) -> Outcome;

    /// What there is of the payment. Only for one of which the provider has told a reference.
    async fn look_up(&self, payment: &ProviderPayment) -> Outcome;

    /// The order that a message of the provider is about, if it is about one; the message is only a hint to look.
    ///
    /// # Errors
    /// When the message is not the provider's.
    fn verify_webhook(
        &self,
        signature: Option<&str>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<OrderId>, WebhookError>;

    /// All payments that were made since `since` and are ours, from the provider's own books.
    ///
    /// # Errors
    /// When the provider does not answer all of it.
    async fn payments_since(&self, since: DateTime<Utc>) -> Result<Vec<HeldPayment>, ProviderError>;
}
