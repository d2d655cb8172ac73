//! Stores and their menus in PostgreSQL.

use crate::application::ports::StoreDirectory;
use fdp_contracts::StoreSnapshot;
use fdp_storage::rows::column;
use sqlx::PgPool;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;

/// The table `stores`, within a transaction.
pub(crate) struct PgStores<'a>(pub(crate) &'a mut PgConnection);

impl StoreDirectory for PgStores<'_> {
    type Error = sqlx::Error;

    /// One statement for all stores.
    async fn save_stores(self, stores: Vec<StoreSnapshot>) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO stores AS known (store_id, version, snapshot) \
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::jsonb[]) \
             ON CONFLICT (store_id) DO UPDATE SET version = excluded.version, snapshot = excluded.snapshot \
             WHERE known.version < excluded.version",
        )
        .bind(column(&stores, |store| store.store_id.as_str()))
        .bind(column(&stores, |store| {
            i64::try_from(store.version).unwrap_or(i64::MAX)
        }))
        .bind(column(&stores, Json))
        .execute(self.0)
        .await?;
        Ok(())
    }
}

/// What a store offers, if it has told.
pub(super) async fn find(pool: &PgPool, store_id: &str) -> Result<Option<StoreSnapshot>, sqlx::Error> {
    let found: Option<Json<StoreSnapshot>> =
        sqlx::query_scalar("SELECT snapshot FROM stores WHERE store_id = $1")
            .bind(store_id)
            .fetch_optional(pool)
            .await?;
    Ok(found.map(|Json(store)| store))
}

/// Whether any store has told what it offers.
pub(super) async fn are_there(pool: &PgPool) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM stores)")
        .fetch_one(pool)
        .await
}
