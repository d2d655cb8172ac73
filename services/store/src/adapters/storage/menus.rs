//! The table `menu_items`.

use crate::domain::MenuItem;
use fdp_storage::rows::{column, number, unsigned};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgExecutor, PgRow};

/// The menu of a store; `None` if the store does not exist.
pub(super) async fn find<'c>(
    connection: impl PgExecutor<'c>,
    store_id: &str,
) -> Result<Option<Vec<MenuItem>>, sqlx::Error> {
    // A store with an empty menu yields one row without an item.
    let rows = sqlx::query(
        "SELECT item_id, menu_items.name, name_in_english, description, description_in_english, picture, price, available, \
         sold_out_until FROM stores LEFT JOIN menu_items USING (store_id) WHERE store_id = $1 ORDER BY place",
    )
    .bind(store_id)
    .fetch_all(connection)
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
        name_in_english: row.try_get("name_in_english")?,
        description: row.try_get("description")?,
        description_in_english: row.try_get("description_in_english")?,
        picture: row.try_get("picture")?,
        price: unsigned(row, "price")?,
        available: row.try_get("available")?,
        sold_out_until: row.try_get("sold_out_until")?,
    }))
}

/// Replaces the menu of a store, which is locked until the transaction ends; `false` if the store does not exist.
pub(super) async fn replace(
    connection: &mut PgConnection,
    store_id: &str,
    items: &[MenuItem],
) -> Result<bool, sqlx::Error> {
    // The lock prevents two concurrent requests from leaving a mixture of their menus.
    let store = sqlx::query("SELECT 1 FROM stores WHERE store_id = $1 FOR UPDATE")
        .bind(store_id)
        .fetch_optional(&mut *connection)
        .await?;
    if store.is_none() {
        return Ok(false);
    }
    sqlx::query("DELETE FROM menu_items WHERE store_id = $1")
        .bind(store_id)
        .execute(&mut *connection)
        .await?;
    let prices = items.iter().map(|item| number(item.price));
    sqlx::query(
        "INSERT INTO menu_items (store_id, item_id, place, name, name_in_english, description, description_in_english, \
         picture, price, available, sold_out_until) \
         SELECT $1, item_id, place, name, name_in_english, description, description_in_english, picture, price, \
         available, sold_out_until \
         FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], \
         $9::boolean[], $10::timestamptz[]) \
         WITH ORDINALITY AS item (item_id, name, name_in_english, description, description_in_english, picture, price, \
         available, sold_out_until, place)",
    )
    .bind(store_id)
    .bind(column(items, |item| item.item_id.as_str()))
    .bind(column(items, |item| item.name.as_str()))
    .bind(column(items, |item| item.name_in_english.as_deref()))
    .bind(column(items, |item| item.description.as_deref()))
    .bind(column(items, |item| item.description_in_english.as_deref()))
    .bind(column(items, |item| item.picture.as_deref()))
    .bind(prices.collect::<Result<Vec<_>, _>>()?)
    .bind(column(items, |item| item.available))
    .bind(column(items, |item| item.sold_out_until))
    .execute(&mut *connection)
    .await?;
    Ok(true)
}
