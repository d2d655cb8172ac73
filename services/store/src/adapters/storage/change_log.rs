//! The changes of a store's tickets, in the order in which their transactions began.
//!
//! The server numbers transactions across all its databases. Every transaction below `xmin` has ended; none from `xmax`
//! on has. If a ticket has a number from `xmax` on, it was changed on another server, before the database was restored
//! here from a dump: that change is settled, and is not streamed again.

use super::row::{ticket, ticket_columns};
use crate::application::ports::{ChangesAfter, TicketChange, TicketChangeLog};
use crate::application::stream_position::StreamPosition;
use async_trait::async_trait;
use fdp_storage::{RepositoryError, database};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};

/// How many changes are read at once.
const BATCH: i64 = 200;

fn change(row: &PgRow) -> Result<TicketChange, sqlx::Error> {
    let position = StreamPosition {
        transaction: row.try_get("changed_in")?,
        order_id: row.try_get("order_id")?,
    };
    Ok((position, ticket(row)?))
}

/// The changes of tickets in PostgreSQL.
#[derive(Debug)]
pub struct PgTicketChangeLog(pub PgPool);

#[async_trait]
impl TicketChangeLog for PgTicketChangeLog {
    async fn start(
        &self,
        store_id: &str,
        position: Option<StreamPosition>,
    ) -> Result<(StreamPosition, Vec<TicketChange>), RepositoryError> {
        let mut transaction = database::begin(&self.0).await?;
        // Both queries read the same snapshot.
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            .execute(&mut *transaction)
            .await?;
        let (settled, next) = horizon(&mut transaction).await?;
        // If the database was restored from a dump, a position from before that may be higher than `next`. A position
        // equal to `next` is valid: every watcher begins there while no transaction is active.
        if let Some(position) = position.filter(|position| (0..=next).contains(&position.transaction)) {
            return Ok((position, Vec::new()));
        }
        let mut active = sqlx::query(concat!(
            "SELECT ",
            ticket_columns!(),
            ", changed_in FROM tickets WHERE store_id = $1 AND (changed_in < $2 OR changed_in >= $3) \
             AND state IN ('Received', 'Accepted', 'CookingStarted') ORDER BY placed_at, order_id",
        ))
        .bind(store_id)
        .bind(settled)
        .bind(next)
        .try_map(|row| change(&row))
        .fetch_all(&mut *transaction)
        .await?;
        let now = StreamPosition {
            transaction: settled,
            order_id: String::new(),
        };
        // A client that disconnects before the last of these tickets starts again; one that has the last has them all.
        for (position, _) in &mut active {
            *position = StreamPosition::start();
        }
        if let Some((position, _)) = active.last_mut() {
            *position = now.clone();
        }
        Ok((now, active))
    }

    async fn after(
        &self,
        store_id: &str,
        position: &StreamPosition,
    ) -> Result<ChangesAfter, RepositoryError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            ticket_columns!(),
            ", changed_in, changed_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS settled FROM tickets \
             WHERE store_id = $1 AND changed_in >= $2 AND (changed_in > $2 OR order_id > $3) \
             AND changed_in < pg_snapshot_xmax(pg_current_snapshot())::text::bigint \
             ORDER BY changed_in, order_id LIMIT $4",
        ))
        .bind(store_id)
        .bind(position.transaction)
        .bind(&position.order_id)
        .bind(BATCH)
        .fetch_all(&self.0)
        .await?;
        let mut settled = Vec::with_capacity(rows.len());
        for row in &rows {
            if !row.try_get::<bool, _>("settled")? {
                break;
            }
            settled.push(change(row)?);
        }
        Ok(ChangesAfter {
            has_unsettled: settled.len() < rows.len(),
            settled,
        })
    }
}

/// The lowest active transaction, and the one after the last that has ended; the same if none is active.
async fn horizon(connection: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint \
         FROM pg_current_snapshot() AS snapshot",
    )
    .fetch_one(connection)
    .await
}
