//! Stores and menus in PostgreSQL.

use super::{decoding, encoding};
use crate::domain::place::{Hours, MenuItem, Opening, Store};
use chrono::{DateTime, NaiveTime, Utc};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row};

/// What is read of a store.
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

/// At most `limit` stores by id, of those that come after the id `after`.
pub(crate) async fn list(pool: &PgPool, after: &str, limit: u32) -> Result<Vec<Store>, sqlx::Error> {
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

/// One store.
pub(crate) async fn find(pool: &PgPool, store_id: &str) -> Result<Option<Store>, sqlx::Error> {
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

/// The ids of the stores that are closed `now`.
pub(crate) async fn closed(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        store_columns!(),
        " FROM stores WHERE NOT is_open OR opens_at IS NOT NULL"
    ))
    .fetch_all(connection)
    .await?;
    let mut stores = rows.iter().map(store).collect::<Result<Vec<_>, _>>()?;
    stores.retain(|store| !store.opening.is_open_at(now));
    Ok(stores.into_iter().map(|store| store.store_id).collect())
}

/// Writes a store's name, and nothing else of one that is there; true when it is new.
pub(crate) async fn name(pool: &PgPool, store_id: &str, name: &str) -> Result<bool, sqlx::Error> {
    // PostgreSQL leaves xmax at 0 in a row that was inserted, and sets it in one that was replaced.
    sqlx::query_scalar(
        "INSERT INTO stores (store_id, name) VALUES ($1, $2) \
         ON CONFLICT (store_id) DO UPDATE SET name = excluded.name RETURNING xmax = 0",
    )
    .bind(store_id)
    .bind(name)
    .fetch_one(pool)
    .await
}

/// Writes a store; true when it is new.
pub(crate) async fn put(pool: &PgPool, store: &Store) -> Result<bool, sqlx::Error> {
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

/// A store's menu; `None` when there is no such store.
pub(crate) async fn menu(pool: &PgPool, store_id: &str) -> Result<Option<Vec<MenuItem>>, sqlx::Error> {
    // A store whose menu is empty gives one row without an item.
    let rows = sqlx::query(
        "SELECT item_id, menu_items.name, price, available FROM stores LEFT JOIN menu_items USING (store_id) \
         WHERE store_id = $1 ORDER BY place",
    )
    .bind(store_id)
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let items = rows.iter().filter_map(|row| item(row).transpose());
    items.collect::<Result<_, _>>().map(Some)
}

fn item(row: &PgRow) -> Result<Option<MenuItem>, sqlx::Error> {
    let Some(item_id) = row.try_get("item_id")? else {
        return Ok(None);
    };
    Ok(Some(MenuItem {
        item_id,
        name: row.try_get("name")?,
        price: decoding(u64::try_from(row.try_get::<i64, _>("price")?))?,
        available: row.try_get("available")?,
    }))
}

/// Replaces a store's menu; false when there is no such store.
pub(crate) async fn put_menu(pool: &PgPool, store_id: &str, items: &[MenuItem]) -> Result<bool, sqlx::Error> {
    let mut transaction = fdp_kit::database::begin(pool).await?;
    // Locked, so that of two menus written in the same moment one remains and not a mixture.
    let known = sqlx::query("SELECT 1 FROM stores WHERE store_id = $1 FOR UPDATE")
        .bind(store_id)
        .fetch_optional(&mut *transaction)
        .await?;
    if known.is_none() {
        return Ok(false);
    }
    sqlx::query("DELETE FROM menu_items WHERE store_id = $1")
        .bind(store_id)
        .execute(&mut *transaction)
        .await?;
    let prices: Vec<i64> = encoding(items.iter().map(|item| i64::try_from(item.price)).collect())?;
    sqlx::query(
        "INSERT INTO menu_items (store_id, item_id, place, name, price, available) \
         SELECT $1, item_id, place, name, price, available \
         FROM unnest($2::text[], $3::text[], $4::bigint[], $5::boolean[]) \
         WITH ORDINALITY AS item (item_id, name, price, available, place)",
    )
    .bind(store_id)
    .bind(items.iter().map(|item| item.item_id.as_str()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>())
    .bind(prices)
    .bind(items.iter().map(|item| item.available).collect::<Vec<_>>())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(true)
}
