//! What people ask of inventory: register products, add stock, and look. Each change is one transaction.

use crate::domain::stock::{self, NewProduct};
use crate::store::{self, Arrival};
use fdp_contracts::{Event, ProductSnapshot};
use fdp_kit::{Clock, Outbox, database};
use sqlx::{PgConnection, PgPool};
use std::sync::Arc;

/// The use cases that people ask for.
#[derive(Debug, Clone)]
pub struct Inventory {
    pool: PgPool,
    outbox: Outbox,
    clock: Arc<dyn Clock>,
}

/// Why a product was not restocked; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum RestockError {
    /// There is no such product.
    #[error("there is no product {0}")]
    NotFound(String),
    /// The key stands for another delivery.
    #[error("this Idempotency-Key came before with a qty of {before}; send a new key with a new delivery")]
    OtherQty {
        /// How many came with it.
        before: i64,
    },
    /// The database failed.
    #[error("restocking a product: {0}")]
    Database(#[from] sqlx::Error),
}

impl Inventory {
    /// Works on the database behind `pool`, and announces through `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox, clock: Arc<dyn Clock>) -> Self {
        Self { pool, outbox, clock }
    }

    /// Registers a product, or replaces its name and stock, and its price if one is given; says also whether it is
    /// new.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn register(&self, new: NewProduct) -> Result<(ProductSnapshot, bool), sqlx::Error> {
        loop {
            let mut transaction = database::begin(&self.pool).await?;
            let before = store::lock_product(&mut transaction, &new.product_id).await?;
            let product = new.clone().registered(before.as_ref(), self.clock.now());
            if before.is_some() {
                store::update_products(&mut transaction, &[&product]).await?;
            } else if !store::insert_product(&mut transaction, &product).await? {
                // Another request registered it in the same moment: this one comes after it.
                continue;
            }
            self.publish(&mut transaction, &product).await?;
            transaction.commit().await?;
            self.outbox.wake();
            let is_new = before.is_none();
            tracing::info!(
                product_id = %product.product_id, stock = product.stock, is_new, "a product was registered",
            );
            return Ok((product, is_new));
        }
    }

    /// Adds `qty` to the stock of a product, and gives the product as it is then. What comes again with the same `key`
    /// is not added again.
    ///
    /// # Errors
    /// When there is no such product, the key came before with another `qty`, or the database fails.
    pub async fn restock(
        &self,
        product_id: &str,
        qty: u32,
        key: Option<&str>,
    ) -> Result<ProductSnapshot, RestockError> {
        let mut transaction = database::begin(&self.pool).await?;
        let product = store::lock_product(&mut transaction, product_id).await?;
        let mut product = product.ok_or_else(|| RestockError::NotFound(product_id.to_owned()))?;
        let now = self.clock.now();
        if let Some(key) = key {
            match store::note_restock(&mut transaction, product_id, key, qty, now).await? {
                Arrival::New => {}
                Arrival::Again => return Ok(product),
                Arrival::OfOther(before) => return Err(RestockError::OtherQty { before }),
            }
        }
        stock::restock(&mut product, qty, now);
        store::update_products(&mut transaction, &[&product]).await?;
        self.publish(&mut transaction, &product).await?;
        transaction.commit().await?;
        self.outbox.wake();
        tracing::info!(product_id, qty, stock = product.stock, "a product was restocked");
        Ok(product)
    }

    /// One product, if there is such a one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product(&self, product_id: &str) -> Result<Option<ProductSnapshot>, sqlx::Error> {
        store::find(&self.pool, product_id).await
    }

    /// At most `limit` products by id, of those that come after the id `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn products(&self, after: &str, limit: u32) -> Result<Vec<ProductSnapshot>, sqlx::Error> {
        store::list(&self.pool, after, limit).await
    }

    async fn publish(
        &self,
        connection: &mut PgConnection,
        product: &ProductSnapshot,
    ) -> Result<(), sqlx::Error> {
        let news = vec![Event::Product(product.clone())];
        Ok(self.outbox.append(connection, news).await?)
    }
}
