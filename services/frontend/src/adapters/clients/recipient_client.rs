//! The client of the order service for those who deliver: whom an order goes to.

use super::service_client::{Call, ServiceClient};
use crate::application::work::{RecipientService, ServiceError};
use crate::domain::Recipient;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_http::Caller;

/// A client of the order service on behalf of riders.
#[derive(Debug, Clone)]
pub struct RecipientClient(ServiceClient);

impl RecipientClient {
    /// A client of the order service at `base`, say `http://order:8081`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: &str) -> Result<Self, reqwest::Error> {
        ServiceClient::new(base).map(Self)
    }
}

#[async_trait]
impl RecipientService for RecipientClient {
    async fn recipient(&self, caller: &Caller, order_id: OrderId) -> Result<Option<Recipient>, ServiceError> {
        let path = format!("/orders/{order_id}/recipient");
        let call = Call::get("asking whom an order goes to", caller, path);
        match self.0.read(&call).await {
            Ok(recipient) => Ok(Some(recipient)),
            // Also from an order service of an earlier release, which knows no recipients.
            Err(ServiceError::Rejected { problem, .. }) if matches!(problem.status, 403..=405) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
