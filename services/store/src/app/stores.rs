//! Stores and their menus.

use crate::domain::place::{MenuItem, Store};
use crate::store::places;
use chrono::{DateTime, Utc};
use fdp_kit::Clock;
use sqlx::PgPool;
use std::sync::Arc;

/// The use cases around stores, their opening and their menus.
#[derive(Debug, Clone)]
pub struct Stores {
    pool: PgPool,
    clock: Arc<dyn Clock>,
}

/// There is no such store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no store {0}; PUT /stores/{0} makes one")]
pub struct NoSuchStore(pub String);

/// Why a menu was not found or not changed.
#[derive(Debug, thiserror::Error)]
pub enum MenuError {
    /// There is no such store.
    #[error(transparent)]
    NoSuchStore(#[from] NoSuchStore),
    /// The database failed; nothing has changed.
    #[error("keeping a menu: {0}")]
    Database(#[from] sqlx::Error),
}

impl Stores {
    /// Works on the database behind `pool`.
    pub fn new(pool: PgPool, clock: Arc<dyn Clock>) -> Self {
        Self { pool, clock }
    }

    /// The time by which stores are open or closed.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// At most `limit` stores by id, of those that come after the id `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stores(&self, after: &str, limit: u32) -> Result<Vec<Store>, sqlx::Error> {
        places::list(&self.pool, after, limit).await
    }

    /// One store, if there is such a one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store(&self, store_id: &str) -> Result<Option<Store>, sqlx::Error> {
        places::find(&self.pool, store_id).await
    }

    /// Registers a store, or only renames it; true when it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn name(&self, store_id: &str, name: &str) -> Result<bool, sqlx::Error> {
        places::name(&self.pool, store_id, name).await
    }

    /// Registers a store, or replaces all about it but its menu; true when it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put(&self, store: &Store) -> Result<bool, sqlx::Error> {
        places::put(&self.pool, store).await
    }

    /// What is on the store's menu, in the order in which its owner wrote it.
    ///
    /// # Errors
    /// When there is no such store, or the database fails.
    pub async fn menu(&self, store_id: &str) -> Result<Vec<MenuItem>, MenuError> {
        let menu = places::menu(&self.pool, store_id).await?;
        menu.ok_or_else(|| NoSuchStore(store_id.to_owned()).into())
    }

    /// Replaces the store's menu.
    ///
    /// # Errors
    /// When there is no such store, or the database fails.
    pub async fn put_menu(&self, store_id: &str, items: &[MenuItem]) -> Result<(), MenuError> {
        let known = places::put_menu(&self.pool, store_id, items).await?;
        known
            .then_some(())
            .ok_or_else(|| NoSuchStore(store_id.to_owned()).into())
    }
}
