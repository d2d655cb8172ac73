//! The repository of stores and their menus: the table `stores`.

use super::store_row::{select, store};
use super::{announcements, menus};
use crate::application::ports::{IsClosed, StoreRepository};
use crate::domain::{MenuItem, Opening, Registration, Store, TimeLimits};
use async_trait::async_trait;
use fdp_contracts::USUAL_TIME_ZONE;
use fdp_storage::rows::number;
use fdp_storage::{Outbox, RepositoryError, database};
use sqlx::postgres::PgConnection;
use sqlx::{PgPool, Postgres, Transaction};

/// All stores and their menus in PostgreSQL.
#[derive(Debug)]
pub struct PgStoreRepository {
    pool: PgPool,
    outbox: Outbox,
}

impl PgStoreRepository {
    /// The stores in the database of `pool`; `outbox` announces their changes.
    pub fn new(pool: PgPool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }

    /// Commits a change of a store together with its announcement.
    async fn commit(
        &self,
        mut transaction: Transaction<'_, Postgres>,
        store_id: &str,
    ) -> Result<(), sqlx::Error> {
        announcements::announce(&mut transaction, &self.outbox, store_id).await?;
        transaction.commit().await?;
        self.outbox.wake();
        Ok(())
    }
}

#[async_trait]
impl StoreRepository for PgStoreRepository {
    async fn list(&self, after: &str, limit: u32) -> Result<Vec<Store>, RepositoryError> {
        let stores = sqlx::query(select!("WHERE store_id > $1 ORDER BY store_id LIMIT $2"))
            .bind(after)
            .bind(i64::from(limit))
            .try_map(|row| store(&row))
            .fetch_all(&self.pool)
            .await?;
        Ok(stores)
    }

    async fn find(&self, store_id: &str) -> Result<Option<Store>, RepositoryError> {
        let store = sqlx::query(select!("WHERE store_id = $1"))
            .bind(store_id)
            .try_map(|row| store(&row))
            .fetch_optional(&self.pool)
            .await?;
        Ok(store)
    }

    async fn register(&self, registration: &Registration) -> Result<bool, RepositoryError> {
        let usual = TimeLimits::default();
        let accept = registration.accept_within_minutes;
        let pick_up = registration.pick_up_within_minutes;
        let mut transaction = database::begin(&self.pool).await?;
        // PostgreSQL leaves xmax at 0 in a row that was inserted, and sets it in one that was updated.
        let new = sqlx::query_scalar(
            "INSERT INTO stores (store_id, name, accept_within_minutes, pick_up_within_minutes) \
             VALUES ($1, $2, coalesce($3, $5), coalesce($4, $6)) \
             ON CONFLICT (store_id) DO UPDATE SET name = excluded.name, \
             accept_within_minutes = coalesce($3, stores.accept_within_minutes), \
             pick_up_within_minutes = coalesce($4, stores.pick_up_within_minutes) RETURNING xmax = 0",
        )
        .bind(&registration.store_id)
        .bind(&registration.name)
        .bind(accept.map(i64::from))
        .bind(pick_up.map(i64::from))
        .bind(i64::from(usual.accept_within_minutes))
        .bind(i64::from(usual.pick_up_within_minutes))
        .fetch_one(&mut *transaction)
        .await?;
        self.commit(transaction, &registration.store_id).await?;
        Ok(new)
    }

    async fn put(&self, store: &Store) -> Result<bool, RepositoryError> {
        let Opening { is_open, hours } = store.opening;
        let mut transaction = database::begin(&self.pool).await?;
        let new = sqlx::query_scalar(
            "INSERT INTO stores (store_id, name, is_open, opens_at, closes_at, accept_within_minutes, \
             pick_up_within_minutes, minimum_order, delivery_fee, paused_until, time_zone) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (store_id) DO UPDATE SET name = excluded.name, is_open = excluded.is_open, \
             opens_at = excluded.opens_at, closes_at = excluded.closes_at, \
             minimum_order = excluded.minimum_order, delivery_fee = excluded.delivery_fee, \
             paused_until = excluded.paused_until, time_zone = excluded.time_zone, \
             accept_within_minutes = excluded.accept_within_minutes, \
             pick_up_within_minutes = excluded.pick_up_within_minutes RETURNING xmax = 0",
        )
        .bind(&store.store_id)
        .bind(&store.name)
        .bind(is_open)
        .bind(hours.map(|hours| hours.opens_at))
        .bind(hours.map(|hours| hours.closes_at))
        .bind(i64::from(store.time_limits.accept_within_minutes))
        .bind(i64::from(store.time_limits.pick_up_within_minutes))
        .bind(number(store.terms.minimum_order)?)
        .bind(number(store.terms.delivery_fee)?)
        .bind(store.terms.paused_until)
        .bind(hours.map_or(USUAL_TIME_ZONE, |hours| hours.time_zone).name())
        .fetch_one(&mut *transaction)
        .await?;
        self.commit(transaction, &store.store_id).await?;
        Ok(new)
    }

    async fn menu(&self, store_id: &str) -> Result<Option<Vec<MenuItem>>, RepositoryError> {
        Ok(menus::find(&self.pool, store_id).await?)
    }

    async fn put_menu(&self, store_id: &str, items: &[MenuItem]) -> Result<bool, RepositoryError> {
        let mut transaction = database::begin(&self.pool).await?;
        if !menus::replace(&mut transaction, store_id, items).await? {
            return Ok(false);
        }
        self.commit(transaction, store_id).await?;
        Ok(true)
    }

    async fn announce_due(&self, most: u32) -> Result<usize, RepositoryError> {
        Ok(announcements::announce_due(&self.pool, &self.outbox, most.into()).await?)
    }
}

/// The ids of the stores for which `is_closed` is true.
pub(super) async fn closed(
    connection: &mut PgConnection,
    is_closed: IsClosed<'_>,
) -> Result<Vec<String>, sqlx::Error> {
    let mut stores = sqlx::query(select!("WHERE NOT is_open OR opens_at IS NOT NULL"))
        .try_map(|row| store(&row))
        .fetch_all(connection)
        .await?;
    stores.retain(is_closed);
    Ok(stores.into_iter().map(|store| store.store_id).collect())
}
