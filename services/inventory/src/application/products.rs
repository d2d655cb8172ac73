//! The use cases of products: register, restock and read them. Each change is one transaction.

use super::ports::{ProductRepository, RestockRecord};
use crate::domain::product::NewProduct;
use crate::domain::stock;
use fdp_contracts::{Event, ProductSnapshot};
use fdp_runtime::Clock;
use fdp_storage::RepositoryError;
use std::sync::Arc;

/// Registers, restocks and reads products.
#[derive(Debug, Clone)]
pub struct Products {
    repository: Arc<dyn ProductRepository>,
    clock: Arc<dyn Clock>,
}

/// Why a product was not restocked; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum RestockError {
    /// There is no such product.
    #[error("there is no product {0}")]
    NotFound(String),
    /// The idempotency key was used before with another quantity.
    #[error("this Idempotency-Key came before with a qty of {before}; send a new key with a new delivery")]
    OtherQty {
        /// The quantity of the first request with this key.
        before: i64,
    },
    /// The database failed.
    #[error("restocking a product: {0}")]
    Database(#[from] RepositoryError),
}

impl Products {
    /// Use cases on the products of `repository`.
    pub fn new(repository: Arc<dyn ProductRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { repository, clock }
    }

    /// Registers a product, or replaces its name and stock, and its price if one is given. Returns `true` with it if
    /// it is new.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn register(&self, new: NewProduct) -> Result<(ProductSnapshot, bool), RepositoryError> {
        loop {
            let mut transaction = self.repository.begin().await?;
            let before = transaction.lock(&new.product_id).await?;
            let product = new.clone().registered(before.as_ref(), self.clock.now());
            if before.is_some() {
                transaction.update(&product).await?;
            } else if !transaction.insert(&product).await? {
                // Another request registered it at the same time: try again, now as a replacement.
                continue;
            }
            transaction.commit(Event::Product(product.clone())).await?;
            let is_new = before.is_none();
            tracing::info!(
                product_id = %product.product_id, stock = product.stock, is_new, "a product was registered",
            );
            return Ok((product, is_new));
        }
    }

    /// Adds `qty` to the stock of a product, and returns the product as it is then. A request with the same `key` adds
    /// only once.
    ///
    /// # Errors
    /// When there is no such product, the key was used before with another `qty`, or the database fails.
    pub async fn restock(
        &self,
        product_id: &str,
        qty: u32,
        key: Option<&str>,
    ) -> Result<ProductSnapshot, RestockError> {
        let mut transaction = self.repository.begin().await?;
        let product = transaction.lock(product_id).await?;
        let mut product = product.ok_or_else(|| RestockError::NotFound(product_id.to_owned()))?;
        let now = self.clock.now();
        if let Some(key) = key {
            match transaction.record_restock(product_id, key, qty, now).await? {
                RestockRecord::New => {}
                RestockRecord::Repeated => return Ok(product),
                RestockRecord::OtherQty(before) => return Err(RestockError::OtherQty { before }),
            }
        }
        stock::restock(&mut product, qty, now);
        transaction.update(&product).await?;
        transaction.commit(Event::Product(product.clone())).await?;
        tracing::info!(product_id, qty, stock = product.stock, "a product was restocked");
        Ok(product)
    }

    /// One product, if it exists.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product(&self, product_id: &str) -> Result<Option<ProductSnapshot>, RepositoryError> {
        self.repository.find(product_id).await
    }

    /// At most `limit` products in the order of their ids, starting after the id `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn products(&self, after: &str, limit: u32) -> Result<Vec<ProductSnapshot>, RepositoryError> {
        self.repository.list(after, limit).await
    }
}
