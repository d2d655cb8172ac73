//! Announces all products to other services once more, for those that have lost what they were told.

use super::products::{product, select};
use fdp_contracts::{Event, ProductSnapshot};
use fdp_storage::{Outbox, database};
use sqlx::PgPool;

/// How many products one transaction announces: it keeps them locked.
const BATCH: i64 = 100;

/// Announces every product as it is; returns how many.
///
/// # Errors
/// When the database fails; those before were announced.
pub async fn announce_all_again(pool: &PgPool, outbox: &Outbox) -> Result<u64, sqlx::Error> {
    let mut announced = 0;
    let mut after = String::new();
    loop {
        let mut transaction = database::begin(pool).await?;
        // Locked, so that no older stock is announced after a newer one.
        let batch: Vec<ProductSnapshot> = sqlx::query(select!(
            "WHERE product_id > $1 ORDER BY product_id LIMIT $2 FOR SHARE"
        ))
        .bind(&after)
        .bind(BATCH)
        .try_map(|row| product(&row))
        .fetch_all(&mut *transaction)
        .await?;
        let Some(last) = batch.last() else {
            return Ok(announced);
        };
        after.clone_from(&last.product_id);
        announced += batch.len() as u64;
        let events = batch.into_iter().map(Event::Product).collect();
        outbox.append(&mut transaction, events).await?;
        transaction.commit().await?;
    }
}
