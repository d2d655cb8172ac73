//! The ports of the use cases: what they need from the database. The storage adapter implements them.

use crate::domain::stock::Stock;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, ProductSnapshot};
use fdp_storage::RepositoryError;
use std::collections::BTreeSet;
use std::fmt;

/// The products.
#[async_trait]
pub trait ProductRepository: fmt::Debug + Send + Sync + 'static {
    /// One product, if it exists.
    async fn find(&self, product_id: &str) -> Result<Option<ProductSnapshot>, RepositoryError>;

    /// At most `limit` products in the order of their ids, starting after the id `after`; only those of a store if it is named.
    async fn list(
        &self,
        store_id: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<ProductSnapshot>, RepositoryError>;

    /// Begins a transaction. Dropping it rolls it back.
    async fn begin(&self) -> Result<Box<dyn ProductTransaction>, RepositoryError>;
}

/// One transaction on the products.
#[async_trait]
pub trait ProductTransaction: Send {
    /// One product, locked until the transaction ends.
    async fn lock(&mut self, product_id: &str) -> Result<Option<ProductSnapshot>, RepositoryError>;

    /// Inserts a product; `false` if its id exists already.
    async fn insert(&mut self, product: &ProductSnapshot) -> Result<bool, RepositoryError>;

    /// Updates a locked product.
    async fn update(&mut self, product: &ProductSnapshot) -> Result<(), RepositoryError>;

    /// Records that a locked product was restocked by `qty` with this idempotency key.
    async fn record_restock(
        &mut self,
        product_id: &str,
        key: &str,
        qty: i64,
        now: DateTime<Utc>,
    ) -> Result<RestockRecord, RepositoryError>;

    /// Commits, and publishes `event` through the outbox in the same transaction.
    async fn commit(self: Box<Self>, event: Event) -> Result<(), RepositoryError>;
}

/// Whether the idempotency key of a restock was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestockRecord {
    /// The key is new.
    New,
    /// The key was used before, with the same quantity.
    Repeated,
    /// The key was used before, with this other quantity.
    OtherQty(i64),
}

/// The stock that a batch of order events affects, within the transaction of that batch.
#[async_trait]
pub trait StockTransaction: Send {
    /// Why the database failed.
    type Error: Send;

    /// The existing reservations of `order_ids`, and the products that these reservations and `product_ids` name; all
    /// locked until the transaction ends.
    async fn lock_stock(
        &mut self,
        order_ids: &BTreeSet<OrderId>,
        product_ids: BTreeSet<String>,
    ) -> Result<Stock, Self::Error>;

    /// Writes the differences between `before`, which [`Self::lock_stock`] returned, and `after`. Returns `false` if
    /// another transaction inserted one of the reservations first; this transaction has to be repeated then.
    async fn save_stock(&mut self, before: &Stock, after: &Stock) -> Result<bool, Self::Error>;
}
