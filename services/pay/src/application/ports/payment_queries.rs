//! Reads payments for display.

use crate::domain::Payment;
use crate::domain::provider_payment::ProviderPayment;
use async_trait::async_trait;
use fdp_contracts::{OrderId, PaymentId};
use fdp_storage::RepositoryError;

/// A payment as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPayment {
    /// The payment in the ledger.
    pub payment: Payment,
    /// What a provider has of it, if it is or was there.
    pub at_provider: Option<ShownAtProvider>,
}

/// A payment at a provider, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownAtProvider {
    /// The provider's name.
    pub provider: String,
    /// The payment there.
    pub payment: ProviderPayment,
}

/// Reads payments for display.
#[async_trait]
pub trait PaymentQueries: Send + Sync + 'static {
    /// The payment with that id.
    async fn find_by_id(&self, payment_id: PaymentId) -> Result<Option<ShownPayment>, RepositoryError>;

    /// The newest payments, of one order or of all.
    async fn newest(
        &self,
        order_id: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<ShownPayment>, RepositoryError>;
}
