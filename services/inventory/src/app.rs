//! What people ask of inventory: register products, add stock, and look. Each change is one transaction.

use crate::domain::stock::{self, NewProduct};
use crate::store;
use fdp_contracts::{Event, ProductSnapshot};
use fdp_kit::{Clock, Outbox};
use sqlx::{PgConnection, PgPool};
use std::sync::Arc;

/// The use cases that people ask for.
#[derive(Debug, Clone)]
pub struct Inventory {
    pool: PgPool,
    outbox: Outbox,
    clock: Arc<dyn Clock>,
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
            let mut transaction = self.pool.begin().await?;
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

    /// Adds `qty` to the stock of a product, and gives the product as it is then; `None` when there is no such
    /// product. What comes again with the same `key` is not added again.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn restock(
        &self,
        product_id: &str,
        qty: u32,
        key: Option<&str>,
    ) -> Result<Option<ProductSnapshot>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let Some(mut product) = store::lock_product(&mut transaction, product_id).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        if let Some(key) = key
            && !store::note_restock(&mut transaction, product_id, key, qty, now).await?
        {
            return Ok(Some(product));
        }
        stock::restock(&mut product, qty, now);
        store::update_products(&mut transaction, &[&product]).await?;
        self.publish(&mut transaction, &product).await?;
        transaction.commit().await?;
        self.outbox.wake();
        tracing::info!(product_id, qty, stock = product.stock, "a product was restocked");
        Ok(Some(product))
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
