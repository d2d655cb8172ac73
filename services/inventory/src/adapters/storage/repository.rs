//! The repository of products, and its transactions.

use super::products::{self, product, select};
use crate::application::ports::{ProductRepository, ProductTransaction, RestockRecord};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, ProductSnapshot};
use fdp_storage::rows::number;
use fdp_storage::{Outbox, RepositoryError, database};
use sqlx::{PgPool, Postgres, Transaction};

/// The products in PostgreSQL.
#[derive(Debug)]
pub struct PgProductRepository {
    /// The database.
    pub pool: PgPool,
    /// Where their events go.
    pub outbox: Outbox,
}

#[async_trait]
impl ProductRepository for PgProductRepository {
    async fn find(&self, product_id: &str) -> Result<Option<ProductSnapshot>, RepositoryError> {
        let product = sqlx::query(select!("WHERE product_id = $1"))
            .bind(product_id)
            .try_map(|row| product(&row))
            .fetch_optional(&self.pool)
            .await?;
        Ok(product)
    }

    async fn list(
        &self,
        store_id: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<ProductSnapshot>, RepositoryError> {
        // Two statements, because each has an index of its own.
        let statement = if store_id.is_some() {
            select!("WHERE store_id = $3 AND product_id > $1 ORDER BY product_id LIMIT $2")
        } else {
            select!("WHERE product_id > $1 AND $3::text IS NULL ORDER BY product_id LIMIT $2")
        };
        let products = sqlx::query(statement)
            .bind(after)
            .bind(i64::from(limit))
            .bind(store_id)
            .try_map(|row| product(&row))
            .fetch_all(&self.pool)
            .await?;
        Ok(products)
    }

    async fn begin(&self) -> Result<Box<dyn ProductTransaction>, RepositoryError> {
        Ok(Box::new(PgProductTransaction {
            transaction: database::begin(&self.pool).await?,
            outbox: self.outbox.clone(),
        }))
    }
}

struct PgProductTransaction {
    transaction: Transaction<'static, Postgres>,
    outbox: Outbox,
}

#[async_trait]
impl ProductTransaction for PgProductTransaction {
    async fn lock(&mut self, product_id: &str) -> Result<Option<ProductSnapshot>, RepositoryError> {
        let products = products::lock(&mut self.transaction, &[product_id.to_owned()]).await?;
        Ok(products.into_iter().next())
    }

    async fn insert(&mut self, product: &ProductSnapshot) -> Result<bool, RepositoryError> {
        let written = sqlx::query(
            "INSERT INTO products (product_id, store_id, product_name, stock, unit_price, changed_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (product_id) DO NOTHING",
        )
        .bind(&product.product_id)
        .bind(&product.store_id)
        .bind(&product.product_name)
        .bind(number(product.stock)?)
        .bind(product.unit_price.map(number).transpose()?)
        .bind(product.changed_at)
        .execute(&mut *self.transaction)
        .await?;
        Ok(written.rows_affected() == 1)
    }

    async fn update(&mut self, product: &ProductSnapshot) -> Result<(), RepositoryError> {
        Ok(products::update(&mut self.transaction, &[product]).await?)
    }

    async fn record_restock(
        &mut self,
        product_id: &str,
        key: &str,
        qty: i64,
        now: DateTime<Utc>,
    ) -> Result<RestockRecord, RepositoryError> {
        let written = sqlx::query(
            "INSERT INTO restocks (product_id, key, qty, restocked_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING",
        )
        .bind(product_id)
        .bind(key)
        .bind(qty)
        .bind(now)
        .execute(&mut *self.transaction)
        .await?;
        if written.rows_affected() == 1 {
            return Ok(RestockRecord::New);
        }
        let known: i64 = sqlx::query_scalar("SELECT qty FROM restocks WHERE product_id = $1 AND key = $2")
            .bind(product_id)
            .bind(key)
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok(if known == qty {
            RestockRecord::Repeated
        } else {
            RestockRecord::OtherQty(known)
        })
    }

    async fn commit(self: Box<Self>, event: Event) -> Result<(), RepositoryError> {
        let Self {
            mut transaction,
            outbox,
        } = *self;
        let appended = outbox.append(&mut transaction, vec![event]).await;
        appended.map_err(sqlx::Error::from)?;
        transaction.commit().await?;
        outbox.wake();
        Ok(())
    }
}
