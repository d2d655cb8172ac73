//! The use cases of stores and their menus.

use super::ports::StoreRepository;
use crate::domain::{MenuItem, Registration, Store};
use chrono::{DateTime, Utc};
use fdp_runtime::Clock;
use fdp_storage::RepositoryError;
use std::sync::Arc;

/// Registers, changes and reads stores and their menus.
#[derive(Debug, Clone)]
pub struct Stores {
    repository: Arc<dyn StoreRepository>,
    clock: Arc<dyn Clock>,
}

/// There is no such store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no store {0}; PUT /stores/{0} makes one")]
pub struct UnknownStore(pub String);

/// Why a menu was not found or not changed.
#[derive(Debug, thiserror::Error)]
pub enum MenuError {
    /// There is no such store.
    #[error(transparent)]
    UnknownStore(#[from] UnknownStore),
    /// The database failed; nothing has changed.
    #[error("keeping a menu: {0}")]
    Database(#[from] RepositoryError),
}

impl Stores {
    /// Use cases on the stores of `repository`.
    pub fn new(repository: Arc<dyn StoreRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { repository, clock }
    }

    /// The time that decides whether a store is open.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// At most `limit` stores in the order of their ids, starting after the id `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stores(&self, after: &str, limit: u32) -> Result<Vec<Store>, RepositoryError> {
        self.repository.list(after, limit).await
    }

    /// One store, if it exists.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store(&self, store_id: &str) -> Result<Option<Store>, RepositoryError> {
        self.repository.find(store_id).await
    }

    /// Registers a store, or changes only what `registration` tells; `true` if it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn register(&self, registration: &Registration) -> Result<bool, RepositoryError> {
        self.repository.register(registration).await
    }

    /// Registers a store, or replaces everything except its menu; `true` if it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put(&self, store: &Store) -> Result<bool, RepositoryError> {
        self.repository.put(store).await
    }

    /// The items of the store's menu, in its owner's order.
    ///
    /// # Errors
    /// When there is no such store, or the database fails.
    pub async fn menu(&self, store_id: &str) -> Result<Vec<MenuItem>, MenuError> {
        let menu = self.repository.menu(store_id).await?;
        menu.ok_or_else(|| UnknownStore(store_id.to_owned()).into())
    }

    /// Replaces the store's menu.
    ///
    /// # Errors
    /// When there is no such store, or the database fails.
    pub async fn put_menu(&self, store_id: &str, items: &[MenuItem]) -> Result<(), MenuError> {
        let exists = self.repository.put_menu(store_id, items).await?;
        exists
            .then_some(())
            .ok_or_else(|| UnknownStore(store_id.to_owned()).into())
    }
}
