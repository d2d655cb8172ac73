//! Names and prices of products in PostgreSQL.

use crate::application::ports::PriceRepository;
use crate::domain::{KnownProduct, ProductPrice};
use fdp_storage::rows::{column, maybe_unsigned};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row as _};
use std::collections::BTreeMap;

/// The table `prices`, within a transaction.
pub(crate) struct PgPrices<'a>(pub(crate) &'a mut PgConnection);

impl PriceRepository for PgPrices<'_> {
    type Error = sqlx::Error;

    /// One statement for all prices.
    async fn save(self, prices: Vec<ProductPrice>) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO prices AS known (product_id, unit_price, since, name, store_id, stock) \
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[]) \
             ON CONFLICT (product_id) DO UPDATE \
             SET unit_price = excluded.unit_price, since = excluded.since, name = excluded.name, \
             store_id = excluded.store_id, stock = excluded.stock \
             WHERE known.since < excluded.since",
        )
        .bind(column(&prices, |price| price.product_id.as_str()))
        // A price that is too high for the database is also too high for any order.
        .bind(column(&prices, |price| i64::try_from(price.unit_price?).ok()))
        .bind(column(&prices, |price| price.since))
        .bind(column(&prices, |price| price.name.as_str()))
        .bind(column(&prices, |price| price.store_id.as_str()))
        .bind(column(&prices, |price| i64::try_from(price.stock).ok()))
        .execute(self.0)
        .await?;
        Ok(())
    }
}

/// What is known of those products that there are, by their ids.
pub(super) async fn find(
    pool: &PgPool,
    product_ids: &[String],
) -> Result<BTreeMap<String, KnownProduct>, sqlx::Error> {
    sqlx::query("SELECT product_id, name, store_id, unit_price, stock FROM prices WHERE product_id = ANY($1)")
        .bind(product_ids)
        .try_map(|row: PgRow| {
            let product = KnownProduct {
                name: row.try_get("name")?,
                store_id: row.try_get("store_id")?,
                unit_price: maybe_unsigned(&row, "unit_price")?,
                stock: maybe_unsigned(&row, "stock")?,
            };
            Ok((row.try_get("product_id")?, product))
        })
        .fetch_all(pool)
        .await
        .map(|found| found.into_iter().collect())
}
