//! Reads the view.

use crate::application::ports::{RepositoryError, ViewRepository};
use crate::domain::OrderView;
use async_trait::async_trait;
use fdp_contracts::{OrderId, OrderSnapshot, ProductSnapshot};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgPool, Row};

const ORDER: &str = "SELECT snapshot FROM order_history WHERE order_id = $1";

const ORDERS_OF: &str = "\
    SELECT snapshot FROM order_view WHERE customer_id = $1 \
    ORDER BY placed_at DESC, order_id DESC LIMIT $2";

const PRODUCTS: &str = "\
    SELECT product_id, product_name, stock, unit_price, changed_at FROM product \
    ORDER BY product_name, product_id LIMIT $1";

/// The view in PostgreSQL, for reading.
#[derive(Debug, Clone)]
pub struct PgView {
    pool: PgPool,
}

impl PgView {
    /// The view in the database of `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl ViewRepository for PgView {
    async fn order(&self, order_id: OrderId) -> Result<Option<OrderView>, RepositoryError> {
        let rows = sqlx::query(ORDER)
            .bind(order_id.to_string())
            .fetch_all(&self.pool)
            .await?;
        Ok(OrderView::fold(snapshots(&rows)?))
    }

    async fn orders_of(&self, customer_id: &str, limit: u32) -> Result<Vec<OrderSnapshot>, RepositoryError> {
        let rows = sqlx::query(ORDERS_OF)
            .bind(customer_id)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        Ok(snapshots(&rows)?)
    }

    async fn products(&self, limit: u32) -> Result<Vec<ProductSnapshot>, RepositoryError> {
        let rows = sqlx::query(PRODUCTS)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(product).collect::<Result<_, _>>()?)
    }
}

fn snapshots(rows: &[PgRow]) -> Result<Vec<OrderSnapshot>, sqlx::Error> {
    rows.iter()
        .map(|row| row.try_get(0).map(|Json(snapshot)| snapshot))
        .collect()
}

fn product(row: &PgRow) -> Result<ProductSnapshot, sqlx::Error> {
    Ok(ProductSnapshot {
        product_id: row.try_get("product_id")?,
        product_name: row.try_get("product_name")?,
        stock: u64::try_from(row.try_get::<i64, _>("stock")?).unwrap_or(0),
        unit_price: row
            .try_get::<Option<i64>, _>("unit_price")?
            .and_then(|price| u64::try_from(price).ok()),
        changed_at: row.try_get("changed_at")?,
    })
}

impl From<sqlx::Error> for RepositoryError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}
