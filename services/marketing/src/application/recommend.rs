//! Recommends what is ordered most.

use super::ports::PopularityRepository;
use crate::domain::{self, Recommendation};
use fdp_storage::RepositoryError;
use std::sync::Arc;

/// The use case of recommendations.
#[derive(Clone)]
pub struct Recommendations {
    repository: Arc<dyn PopularityRepository>,
}

impl Recommendations {
    /// Recommends what `repository` has counted.
    pub fn new(repository: Arc<dyn PopularityRepository>) -> Self {
        Self { repository }
    }

    /// The best `limit` recommendations for a customer, or for an unknown one, best first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recommend(
        &self,
        customer_id: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Recommendation>, RepositoryError> {
        let popularities = self.repository.most_popular(customer_id, limit).await?;
        Ok(domain::recommend(popularities, limit))
    }
}
