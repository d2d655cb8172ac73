//! The use cases of products: register, restock and read them. Each change is one transaction.

use super::ports::{ProductRepository, RestockRecord};
use crate::domain::product::{NewProduct, tag};
use crate::domain::stock::{self, TooFew};
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

/// Why a product was not registered or changed; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There is one already, and the caller did not say which version is to be replaced.
    #[error(
        "there is a product {0} already: GET it, and send its ETag as If-Match to change its name or price; \
         POST /inventories/{0}/restock moves its stock"
    )]
    Exists(String),
    /// The version that was to be replaced is not the current one.
    #[error("product {0} is not the one of this If-Match any more; GET it, and decide anew")]
    Changed(String),
    /// A change named another stock than there is.
    #[error(
        "product {product_id} has a stock of {stock}, which moves by POST /inventories/{product_id}/restock"
    )]
    OtherStock {
        /// The product.
        product_id: String,
        /// How many there are.
        stock: u64,
    },
    /// The product is one of another store.
    #[error("product {product_id} belongs to store {store_id}")]
    OtherStore {
        /// The product.
        product_id: String,
        /// Its store.
        store_id: String,
    },
    /// The database failed.
    #[error("registering a product: {0}")]
    Database(#[from] RepositoryError),
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
    /// More were to be taken away than there are.
    #[error(transparent)]
    TooFew(#[from] TooFew),
    /// The caller does not run the product's store.
    #[error("product {product_id} belongs to store {store_id}")]
    OtherStore {
        /// The product.
        product_id: String,
        /// Its store.
        store_id: String,
    },
    /// The database failed.
    #[error("restocking a product: {0}")]
    Database(#[from] RepositoryError),
}

/// How a product is to be registered.
#[derive(Debug, Clone)]
pub struct Registration {
    /// What it is to be.
    pub product: NewProduct,
    /// The stock that the request names, if it names one.
    pub told_stock: Option<u32>,
    /// The tag of the version that it replaces; none for a new product.
    pub replaces: Option<String>,
}

/// Whether a caller may act for a store.
pub type MayRun<'a> = &'a (dyn Fn(&str) -> bool + Send + Sync);

impl Products {
    /// Use cases on the products of `repository`.
    pub fn new(repository: Arc<dyn ProductRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { repository, clock }
    }

    /// Registers a product, or replaces the name and the price of the version that the caller has seen. Returns `true` with
    /// it if it is new.
    ///
    /// # Errors
    /// See [`RegisterError`].
    pub async fn register(
        &self,
        registration: Registration,
        may_run: MayRun<'_>,
    ) -> Result<(ProductSnapshot, bool), RegisterError> {
        let product_id = registration.product.product_id.clone();
        loop {
            let mut transaction = self.repository.begin().await?;
            let before = transaction.lock(&product_id).await?;
            check(&registration, before.as_ref(), may_run)?;
            let product = registration
                .product
                .clone()
                .registered(before.as_ref(), self.clock.now());
            if before.is_some() {
                transaction.update(&product).await?;
            } else if !transaction.insert(&product).await? {
                // Another request registered it at the same time: look again, there is one now.
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

    /// Adds `qty` to the stock of a product, or takes them away if it is negative, and returns the product as it is then. A
    /// request with the same `key` counts only once.
    ///
    /// # Errors
    /// See [`RestockError`].
    pub async fn restock(
        &self,
        product_id: &str,
        qty: i64,
        key: Option<&str>,
        may_run: MayRun<'_>,
    ) -> Result<ProductSnapshot, RestockError> {
        let mut transaction = self.repository.begin().await?;
        let product = transaction.lock(product_id).await?;
        let mut product = product.ok_or_else(|| RestockError::NotFound(product_id.to_owned()))?;
        if !may_run(&product.store_id) {
            return Err(RestockError::OtherStore {
                product_id: product.product_id,
                store_id: product.store_id,
            });
        }
        let now = self.clock.now();
        if let Some(key) = key {
            match transaction.record_restock(product_id, key, qty, now).await? {
                RestockRecord::New => {}
                RestockRecord::Repeated => return Ok(product),
                RestockRecord::OtherQty(before) => return Err(RestockError::OtherQty { before }),
            }
        }
        stock::restock(&mut product, qty, now)?;
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

    /// At most `limit` products in the order of their ids, starting after the id `after`; only those of a store if it is named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn products(
        &self,
        store_id: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<ProductSnapshot>, RepositoryError> {
        self.repository.list(store_id, after, limit).await
    }
}

/// Checks a registration against the product that there is.
fn check(
    registration: &Registration,
    before: Option<&ProductSnapshot>,
    may_run: MayRun<'_>,
) -> Result<(), RegisterError> {
    let product_id = registration.product.product_id.clone();
    let Some(before) = before else {
        return match registration.replaces {
            Some(_) => Err(RegisterError::Changed(product_id)),
            None => Ok(()),
        };
    };
    if !may_run(&before.store_id) {
        return Err(RegisterError::OtherStore {
            product_id,
            store_id: before.store_id.clone(),
        });
    }
    let Some(replaces) = &registration.replaces else {
        return Err(RegisterError::Exists(product_id));
    };
    if *replaces != tag(before) {
        return Err(RegisterError::Changed(product_id));
    }
    match registration.told_stock {
        Some(told) if u64::from(told) != before.stock => Err(RegisterError::OtherStock {
            product_id,
            stock: before.stock,
        }),
        _ => Ok(()),
    }
}
