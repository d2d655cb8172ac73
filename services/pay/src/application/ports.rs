//! What the use cases and the HTTP adapter need from the outside. Changes go through [`fdp_storage::ledger::Ledger`].

use crate::domain::Payment;
use async_trait::async_trait;
use fdp_contracts::{OrderId, PaymentId};
use fdp_storage::RepositoryError;

/// Reads payments for display.
#[async_trait]
pub trait PaymentQueries: Send + Sync + 'static {
    /// The payment with that id.
    async fn find_by_id(&self, payment_id: PaymentId) -> Result<Option<Payment>, RepositoryError>;

    /// The newest payments, of one order or of all.
    async fn newest(&self, order_id: Option<OrderId>, limit: u32) -> Result<Vec<Payment>, RepositoryError>;
}
