//! Reads how often items are ordered.

use crate::application::ports::PopularityRepository;
use crate::domain::{Item, OWN_WEIGHT, Popularity};
use async_trait::async_trait;
use fdp_storage::RepositoryError;
use fdp_storage::rows::unsigned;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

/// Sorted like [`crate::domain::recommend`] sorts.
const MOST_POPULAR: &str = "\
    SELECT product_id, product_name, own, others FROM ( \
        SELECT max(product_id) AS product_id, max(product_name) AS product_name, \
        coalesce(sum(orders) FILTER (WHERE customer_id = $1), 0)::bigint AS own, \
        coalesce(sum(orders) FILTER (WHERE customer_id IS DISTINCT FROM $1), 0)::bigint AS others \
        FROM orders_by_product GROUP BY product_key) AS counted \
    WHERE own + others > 0 ORDER BY own * $2 + others DESC, product_name COLLATE \"C\" LIMIT $3";

/// The counts in PostgreSQL, for reading.
#[derive(Debug, Clone)]
pub struct PgPopularities(pub PgPool);

#[async_trait]
impl PopularityRepository for PgPopularities {
    async fn most_popular(
        &self,
        customer_id: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Popularity>, RepositoryError> {
        let popularities = sqlx::query(MOST_POPULAR)
            .bind(customer_id)
            .bind(i64::from(OWN_WEIGHT))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .try_map(|row| popularity(&row))
            .fetch_all(&self.0)
            .await?;
        Ok(popularities)
    }
}

fn popularity(row: &PgRow) -> Result<Popularity, sqlx::Error> {
    Ok(Popularity {
        item: Item {
            product_id: row.try_get("product_id")?,
            product_name: row.try_get("product_name")?,
        },
        own: unsigned(row, "own")?,
        others: unsigned(row, "others")?,
    })
}
