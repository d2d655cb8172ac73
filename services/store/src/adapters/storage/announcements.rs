//! Announces stores with their menus to other services, in the transaction of their change or later.

use super::menus;
use super::store_row::{select, store};
use crate::domain::MenuItem;
use fdp_contracts::{Event, MenuItemSnapshot, OpeningHours, StoreSnapshot};
use fdp_storage::Outbox;
use fdp_storage::database;
use fdp_storage::rows::unsigned;
use sqlx::postgres::PgConnection;
use sqlx::{PgPool, Row as _};

/// Announces the current version of a store that the transaction has locked.
pub(super) async fn announce(
    connection: &mut PgConnection,
    outbox: &Outbox,
    store_id: &str,
) -> Result<(), sqlx::Error> {
    let snapshot = snapshot(connection, store_id).await?;
    outbox.append(connection, vec![Event::Store(snapshot)]).await?;
    sqlx::query("UPDATE stores SET announced = version WHERE store_id = $1")
        .bind(store_id)
        .execute(connection)
        .await
        .map(drop)
}

/// Announces at most `most` stores whose current version is due; returns how many. Those that others are about to announce
/// are left to them.
pub(super) async fn announce_due(pool: &PgPool, outbox: &Outbox, most: i64) -> Result<usize, sqlx::Error> {
    let mut transaction = database::begin(pool).await?;
    let due: Vec<String> = sqlx::query_scalar(
        "SELECT store_id FROM stores WHERE announced < version ORDER BY store_id LIMIT $1 FOR UPDATE SKIP LOCKED",
    )
    .bind(most)
    .fetch_all(&mut *transaction)
    .await?;
    for store_id in &due {
        announce(&mut transaction, outbox, store_id).await?;
    }
    transaction.commit().await?;
    if !due.is_empty() {
        outbox.wake();
    }
    Ok(due.len())
}

/// Has every store announced once more, by the replicas that run; returns how many.
///
/// # Errors
/// When the database fails.
pub async fn announce_all_again(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let due = sqlx::query("UPDATE stores SET announced = 0")
        .execute(pool)
        .await?;
    Ok(due.rows_affected())
}

async fn snapshot(connection: &mut PgConnection, store_id: &str) -> Result<StoreSnapshot, sqlx::Error> {
    let row = sqlx::query(select!(", version, changed_at", "WHERE store_id = $1"))
        .bind(store_id)
        .fetch_one(&mut *connection)
        .await?;
    let found = store(&row)?;
    let menu = menus::find(connection, store_id).await?.unwrap_or_default();
    Ok(StoreSnapshot {
        store_id: found.store_id,
        name: found.name,
        version: unsigned(&row, "version")?,
        open: found.opening.is_open,
        hours: found.opening.hours.map(OpeningHours::from),
        paused_until: found.terms.paused_until,
        minimum_order: found.terms.minimum_order,
        delivery_fee: found.terms.delivery_fee,
        menu: menu.into_iter().map(item).collect(),
        changed_at: row.try_get("changed_at")?,
    })
}

fn item(item: MenuItem) -> MenuItemSnapshot {
    MenuItemSnapshot {
        item_id: item.item_id,
        name: item.name,
        name_in_english: item.name_in_english,
        description: item.description,
        description_in_english: item.description_in_english,
        picture: item.picture,
        price: item.price,
        available: item.available,
        sold_out_until: item.sold_out_until,
    }
}
