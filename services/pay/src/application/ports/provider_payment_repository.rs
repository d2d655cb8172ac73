//! Stores payments at a provider, each change together with that of the ledger.

use crate::domain::provider_payment::ProviderPayment;
use crate::domain::{ChargeError, Payment};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, PaymentState};
use fdp_storage::RepositoryError;
use std::time::Duration;

/// A payment that this replica works on, until its lease is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The payment as it was when it was claimed.
    pub payment: ProviderPayment,
    /// Which claim of the payment this is: only the latest one may record something.
    pub claim: i64,
}

/// Decides about the ledger's payment of an order whose money is at the provider. Pure; it may be called more than once.
pub type Decision<'a> = &'a (dyn Fn(Option<&Payment>) -> Result<Option<Payment>, ChargeError> + Send + Sync);

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is stored.
    Stored,
    /// It is stored, and the ledger's payment was approved with it.
    Approved,
    /// It is stored, and the payment is not wanted any more: its order was given up before.
    GivenUp,
    /// Nothing is stored: another replica has claimed the payment meanwhile.
    ClaimLost,
}

/// What the ledger and the provider's table say of one order, for the reconciliation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The order.
    pub order_id: OrderId,
    /// The state in the ledger, if it is there.
    pub ledger: Option<PaymentState>,
    /// The amount, in won.
    pub amount: u64,
    /// What we want the provider to hold or to have taken of it, in won.
    pub wanted: u64,
    /// The standing's name.
    pub standing: &'static str,
    /// Whether a step is under way or due.
    pub is_moving: bool,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When something was last recorded of it.
    pub changed_at: DateTime<Utc>,
}

/// Payments at a provider.
#[async_trait]
pub trait ProviderPaymentRepository: Send + Sync + 'static {
    /// Stores a payment before its provider is asked, and returns it; or the order's payment if there is one already.
    async fn open(&self, payment: &ProviderPayment) -> Result<ProviderPayment, RepositoryError>;

    /// The order's payment.
    async fn find(&self, order_id: OrderId) -> Result<Option<ProviderPayment>, RepositoryError>;

    /// Claims the order's payment, unless a replica works on it.
    async fn claim(&self, order_id: OrderId, lease: Duration) -> Result<Option<Claimed>, RepositoryError>;

    /// Claims payments whose next step is due; those whose order was voided or refunded meanwhile are not wanted any more.
    async fn claim_due(&self, limit: u32, lease: Duration) -> Result<Vec<Claimed>, RepositoryError>;

    /// Ends a claim: stores what was learned, and when the next step is due. If the payment is paid, the ledger's payment is
    /// changed with `decide` in the same transaction; if that is impossible, the payment is not wanted any more.
    async fn record(
        &self,
        claimed: &Claimed,
        due_after: Option<Duration>,
        decide: Decision<'_>,
    ) -> Result<Recorded, RepositoryError>;

    /// Notes that something may have happened at the provider; returns whether there is such a payment.
    async fn hint(&self, order_id: OrderId) -> Result<bool, RepositoryError>;

    /// How many payments wait for what: each state that the metric `payments_at_provider` shows, with its number.
    async fn counts(&self) -> Result<Vec<(&'static str, u64)>, RepositoryError>;

    /// What is booked of the payments that were opened since `since`.
    async fn booked_since(&self, since: DateTime<Utc>) -> Result<Vec<Booked>, RepositoryError>;
}
