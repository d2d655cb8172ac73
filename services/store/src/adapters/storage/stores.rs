//! The table `stores`.

use crate::application::ports::IsClosed;
use crate::domain::{Hours, Opening, Store};
use chrono::NaiveTime;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row};

/// The columns of a store.
macro_rules! store_columns {
    () => {
        "store_id, name, is_open, opens_at, closes_at"
    };
}

fn store(row: &PgRow) -> Result<Store, sqlx::Error> {
    let opens_at: Option<NaiveTime> = row.try_get("opens_at")?;
    let closes_at: Option<NaiveTime> = row.try_get("closes_at")?;
    let hours = opens_at
        .zip(closes_at)
        .map(|(opens_at, closes_at)| Hours { opens_at, closes_at });
    Ok(Store {
        store_id: row.try_get("store_id")?,
        name: row.try_get("name")?,
        opening: Opening {
            is_open: row.try_get("is_open")?,
            hours,
        },
    })
}

/// At most `limit` stores in the order of their ids, starting behind the id `after`.
pub(super) async fn list(pool: &PgPool, after: &str, limit: u32) -> Result<Vec<Store>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        store_columns!(),
        " FROM stores WHERE store_id > $1 ORDER BY store_id LIMIT $2"
    ))
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(store).collect()
}

/// One store, if it exists.
pub(super) async fn find(pool: &PgPool, store_id: &str) -> Result<Option<Store>, sqlx::Error> {
    sqlx::query(concat!(
        "SELECT ",
        store_columns!(),
        " FROM stores WHERE store_id = $1"
    ))
    .bind(store_id)
    .fetch_optional(pool)
    .await?
    .as_ref()
    .map(store)
    .transpose()
}

/// The ids of the stores for which `is_closed` is true.
pub(super) async fn closed(
    connection: &mut PgConnection,
    is_closed: IsClosed<'_>,
) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        store_columns!(),
        " FROM stores WHERE NOT is_open OR opens_at IS NOT NULL"
    ))
    .fetch_all(connection)
    .await?;
    let mut stores = rows.iter().map(store).collect::<Result<Vec<_>, _>>()?;
    stores.retain(is_closed);
    Ok(stores.into_iter().map(|store| store.store_id).collect())
}

/// Writes the name of a store, and nothing else of one that exists; `true` if it is new.
pub(super) async fn rename(pool: &PgPool, store_id: &str, name: &str) -> Result<bool, sqlx::Error> {
    // PostgreSQL leaves xmax at 0 in a row that was inserted, and sets it in one that was updated.
    sqlx::query_scalar(
        "INSERT INTO stores (store_id, name) VALUES ($1, $2) \
         ON CONFLICT (store_id) DO UPDATE SET name = excluded.name RETURNING xmax = 0",
    )
    .bind(store_id)
    .bind(name)
    .fetch_one(pool)
    .await
}

/// Writes a store; `true` if it is new.
pub(super) async fn put(pool: &PgPool, store: &Store) -> Result<bool, sqlx::Error> {
    let Opening { is_open, hours } = store.opening;
    sqlx::query_scalar(
        "INSERT INTO stores (store_id, name, is_open, opens_at, closes_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (store_id) DO UPDATE SET name = excluded.name, is_open = excluded.is_open, \
         opens_at = excluded.opens_at, closes_at = excluded.closes_at RETURNING xmax = 0",
    )
    .bind(&store.store_id)
    .bind(&store.name)
    .bind(is_open)
    .bind(hours.map(|hours| hours.opens_at))
    .bind(hours.map(|hours| hours.closes_at))
    .fetch_one(pool)
    .await
}
