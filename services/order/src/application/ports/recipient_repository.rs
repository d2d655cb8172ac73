//! The repository of recipients.

use crate::application::ports::RepositoryError;
use crate::domain::Recipient;
use async_trait::async_trait;
use fdp_contracts::OrderId;

/// Reads whom orders go to. They are recorded with the intent to pay for the order (see
/// [`crate::application::ports::PaymentIntent`]), and go with it if it never becomes an order.
#[async_trait]
pub trait RecipientRepository: Send + Sync + 'static {
    /// Whom the order goes to; `None` if its customer has not said, or it is kept no longer.
    async fn recipient(&self, order_id: OrderId) -> Result<Option<Recipient>, RepositoryError>;
}
