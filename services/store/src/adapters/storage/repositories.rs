//! The repositories of tickets and of stores.

use super::table::TicketTable;
use super::{menus, stores, tickets};
use crate::application::ports::{
    IsClosed, RepositoryError, Step, StoreRepository, TicketFilter, TicketRepository,
};
use crate::domain::{MenuItem, Store, Ticket};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_kit::database;
use fdp_kit::ledger::PgLedger;
use sqlx::PgPool;

/// All tickets in PostgreSQL.
#[derive(Debug)]
pub struct PgTicketRepository {
    ledger: PgLedger<TicketTable>,
}

impl PgTicketRepository {
    /// The tickets of `ledger`.
    pub fn new(ledger: PgLedger<TicketTable>) -> Self {
        Self { ledger }
    }
}

#[async_trait]
impl TicketRepository for PgTicketRepository {
    async fn list(
        &self,
        store_id: &str,
        filter: &TicketFilter,
        limit: u32,
    ) -> Result<Vec<Ticket>, RepositoryError> {
        Ok(tickets::list(self.ledger.pool(), store_id, filter, limit).await?)
    }

    async fn advance_idle(
        &self,
        idle_since: DateTime<Utc>,
        limit: u32,
        is_closed: IsClosed<'_>,
        step: Step<'_>,
    ) -> Result<Vec<Ticket>, RepositoryError> {
        let mut transaction = database::begin(self.ledger.pool()).await?;
        let closed = stores::closed(&mut transaction, is_closed).await?;
        let idle = tickets::lock_idle(&mut transaction, idle_since, &closed, limit).await?;
        Ok(self.ledger.move_on(transaction, &idle, step).await?)
    }
}

/// All stores and their menus in PostgreSQL.
#[derive(Debug)]
pub struct PgStoreRepository {
    pool: PgPool,
}

impl PgStoreRepository {
    /// The stores in the database of `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl StoreRepository for PgStoreRepository {
    async fn list(&self, after: &str, limit: u32) -> Result<Vec<Store>, RepositoryError> {
        Ok(stores::list(&self.pool, after, limit).await?)
    }

    async fn find(&self, store_id: &str) -> Result<Option<Store>, RepositoryError> {
        Ok(stores::find(&self.pool, store_id).await?)
    }

    async fn rename(&self, store_id: &str, name: &str) -> Result<bool, RepositoryError> {
        Ok(stores::rename(&self.pool, store_id, name).await?)
    }

    async fn put(&self, store: &Store) -> Result<bool, RepositoryError> {
        Ok(stores::put(&self.pool, store).await?)
    }

    async fn menu(&self, store_id: &str) -> Result<Option<Vec<MenuItem>>, RepositoryError> {
        Ok(menus::find(&self.pool, store_id).await?)
    }

    async fn put_menu(&self, store_id: &str, items: &[MenuItem]) -> Result<bool, RepositoryError> {
        Ok(menus::replace(&self.pool, store_id, items).await?)
    }
}
