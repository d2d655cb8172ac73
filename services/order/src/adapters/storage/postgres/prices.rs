//! Names and prices of products in PostgreSQL.

use crate::application::ports::PriceRepository;
use crate::domain::ProductPrice;
use fdp_storage::rows::column;
use sqlx::postgres::PgConnection;

/// The table `prices`, within a transaction.
pub(crate) struct PgPrices<'a>(pub(crate) &'a mut PgConnection);

impl PriceRepository for PgPrices<'_> {
    type Error = sqlx::Error;

    /// One statement for all prices.
    async fn save(self, prices: Vec<ProductPrice>) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO prices AS known (product_id, unit_price, since, name, store_id) \
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[]) \
             ON CONFLICT (product_id) DO UPDATE \
             SET unit_price = excluded.unit_price, since = excluded.since, name = excluded.name, \
             store_id = excluded.store_id \
             WHERE known.since < excluded.since",
        )
        .bind(column(&prices, |price| price.product_id.as_str()))
        // A price that is too high for the database is also too high for any order.
        .bind(column(&prices, |price| i64::try_from(price.unit_price?).ok()))
        .bind(column(&prices, |price| price.since))
        .bind(column(&prices, |price| price.name.as_str()))
        .bind(column(&prices, |price| price.store_id.as_str()))
        .execute(self.0)
        .await?;
        Ok(())
    }
}
