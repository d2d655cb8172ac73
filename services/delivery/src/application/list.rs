//! The use case of listing deliveries.

use super::ports::{DeliveryFilter, DeliveryRepository, RepositoryError};
use crate::domain::Delivery;
use std::sync::Arc;

/// Lists deliveries.
#[derive(Debug, Clone)]
pub struct DeliveryList {
    repository: Arc<dyn DeliveryRepository>,
}

impl DeliveryList {
    /// Lists the deliveries of `repository`.
    pub fn new(repository: Arc<dyn DeliveryRepository>) -> Self {
        Self { repository }
    }

    /// The newest deliveries that pass `filter`, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest(
        &self,
        filter: &DeliveryFilter,
        limit: u32,
    ) -> Result<Vec<Delivery>, RepositoryError> {
        self.repository.list(filter, limit).await
    }
}
