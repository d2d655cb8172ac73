//! Reads the view.

use crate::application::ports::ViewRepository;
use crate::domain::OrderView;
use async_trait::async_trait;
use fdp_contracts::{OrderId, OrderSnapshot, ProductSnapshot, StoreSnapshot};
use fdp_storage::RepositoryError;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgPool, Row as _};

const PRODUCTS: &str = "\
    SELECT product_id, store_id, product_name, stock, unit_price, changed_at FROM product \
    ORDER BY product_name, product_id LIMIT $1";

/// The view in PostgreSQL, for reading.
#[derive(Debug, Clone)]
pub struct PgView(pub PgPool);

#[async_trait]
impl ViewRepository for PgView {
    async fn order(&self, order_id: OrderId) -> Result<Option<OrderView>, RepositoryError> {
        let snapshots = sqlx::query_scalar("SELECT snapshot FROM order_history WHERE order_id = $1")
            .bind(order_id.to_string())
            .fetch_all(&self.0)
            .await?;
        Ok(OrderView::fold(plain(snapshots)))
    }

    async fn orders_of(&self, customer_id: &str, limit: u32) -> Result<Vec<OrderSnapshot>, RepositoryError> {
        let snapshots = sqlx::query_scalar(
            "SELECT snapshot FROM order_view WHERE customer_id = $1 \
             ORDER BY placed_at DESC, order_id DESC LIMIT $2",
        )
        .bind(customer_id)
        .bind(i64::from(limit))
        .fetch_all(&self.0)
        .await?;
        Ok(plain(snapshots))
    }

    async fn products(&self, limit: u32) -> Result<Vec<ProductSnapshot>, RepositoryError> {
        let products = sqlx::query(PRODUCTS)
            .bind(i64::from(limit))
            .try_map(|row| product(&row))
            .fetch_all(&self.0)
            .await?;
        Ok(products)
    }

    async fn stores(&self, limit: u32) -> Result<Vec<StoreSnapshot>, RepositoryError> {
        let stores =
            sqlx::query_scalar("SELECT snapshot FROM stores ORDER BY length(store_id), store_id LIMIT $1")
                .bind(i64::from(limit))
                .fetch_all(&self.0)
                .await?;
        Ok(plain(stores))
    }

    async fn stores_by_id(&self, store_ids: &[String]) -> Result<Vec<StoreSnapshot>, RepositoryError> {
        let stores = sqlx::query_scalar("SELECT snapshot FROM stores WHERE store_id = ANY($1)")
            .bind(store_ids)
            .fetch_all(&self.0)
            .await?;
        Ok(plain(stores))
    }
}

fn plain<T>(snapshots: Vec<Json<T>>) -> Vec<T> {
    snapshots.into_iter().map(|Json(snapshot)| snapshot).collect()
}

fn product(row: &PgRow) -> Result<ProductSnapshot, sqlx::Error> {
    Ok(ProductSnapshot {
        product_id: row.try_get("product_id")?,
        store_id: row.try_get("store_id")?,
        product_name: row.try_get("product_name")?,
        stock: u64::try_from(row.try_get::<i64, _>("stock")?).unwrap_or(0),
        unit_price: row
            .try_get::<Option<i64>, _>("unit_price")?
            .and_then(|price| u64::try_from(price).ok()),
        changed_at: row.try_get("changed_at")?,
    })
}
