//! The repository of products, and its transactions.

use super::products;
use crate::application::ports::{ProductRepository, ProductTransaction, RepositoryError, RestockRecord};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, ProductSnapshot};
use fdp_kit::{Outbox, database};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

/// The products in PostgreSQL.
#[derive(Debug)]
pub struct PgProductRepository {
    pool: PgPool,
    outbox: Outbox,
}

impl PgProductRepository {
    /// The products in the database of `pool`; their events are published through `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }
}

#[async_trait]
impl ProductRepository for PgProductRepository {
    async fn find(&self, product_id: &str) -> Result<Option<ProductSnapshot>, RepositoryError> {
        Ok(products::find(&self.pool, product_id).await?)
    }

    async fn list(&self, after: &str, limit: u32) -> Result<Vec<ProductSnapshot>, RepositoryError> {
        Ok(products::list(&self.pool, after, limit).await?)
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
        Ok(products::lock_one(&mut self.transaction, product_id).await?)
    }

    async fn insert(&mut self, product: &ProductSnapshot) -> Result<bool, RepositoryError> {
        Ok(products::insert(&mut self.transaction, product).await?)
    }

    async fn update(&mut self, product: &ProductSnapshot) -> Result<(), RepositoryError> {
        Ok(products::update(&mut self.transaction, &[product]).await?)
    }

    async fn record_restock(
        &mut self,
        product_id: &str,
        key: &str,
        qty: u32,
        now: DateTime<Utc>,
    ) -> Result<RestockRecord, RepositoryError> {
        Ok(record_restock(&mut self.transaction, product_id, key, qty, now).await?)
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

/// Records that a locked product was restocked with the idempotency key `key`.
async fn record_restock(
    connection: &mut PgConnection,
    product_id: &str,
    key: &str,
    qty: u32,
    now: DateTime<Utc>,
) -> Result<RestockRecord, sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO restocks (product_id, key, qty, restocked_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
    )
    .bind(product_id)
    .bind(key)
    .bind(i64::from(qty))
    .bind(now)
    .execute(&mut *connection)
    .await?;
    if written.rows_affected() == 1 {
        return Ok(RestockRecord::New);
    }
    let known: i64 = sqlx::query_scalar("SELECT qty FROM restocks WHERE product_id = $1 AND key = $2")
        .bind(product_id)
        .bind(key)
        .fetch_one(connection)
        .await?;
    Ok(if known == i64::from(qty) {
        RestockRecord::Repeated
    } else {
        RestockRecord::OtherQty(known)
    })
}
