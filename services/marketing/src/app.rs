//! What can be asked of marketing: recommendations of what is ordered most.

use crate::domain::{self, Recommendation};
use crate::store;
use sqlx::PgPool;

/// The recommendations, for those who ask.
#[derive(Debug, Clone)]
pub struct Recommendations {
    pool: PgPool,
}

impl Recommendations {
    /// Works on the database behind `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The best `limit` recommendations for a customer, or for one that is not known, best first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recommend(
        &self,
        customer_id: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Recommendation>, sqlx::Error> {
        let counted = store::popularities(&self.pool, customer_id, limit).await?;
        Ok(domain::recommend(counted, limit))
    }
}
