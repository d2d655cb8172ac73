//! Whom an order goes to, as the order service shows it to the rider who has taken it on.

use super::service_error::ServiceError;
use crate::domain::Recipient;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_http::Caller;

/// The recipients of the order service.
#[async_trait]
pub trait RecipientService: Send + Sync + 'static {
    /// Whom an order goes to; `None` if nobody has said so, or the caller may not see it just now.
    async fn recipient(&self, caller: &Caller, order_id: OrderId) -> Result<Option<Recipient>, ServiceError>;
}
