//! What the use cases and the HTTP adapter need from the outside. Changes of the ledger go through
//! [`fdp_storage::ledger::Ledger`].

mod payment_provider;
mod payment_queries;
mod provider_payment_repository;

pub use payment_provider::{HeldPayment, Outcome, PaymentProvider, ProviderError, WebhookError};
pub use payment_queries::{PaymentQueries, ShownAtProvider, ShownPayment};
pub use provider_payment_repository::{Booked, Claimed, Decision, ProviderPaymentRepository, Recorded};
