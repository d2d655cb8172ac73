//! The table `ticket_history`.

use crate::domain::{HistoryEntry, Ticket};
use fdp_contracts::OrderId;
use fdp_storage::rows::column;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgExecutor, PgRow};

/// Stores what has happened to `tickets` since they were read.
pub(super) async fn append(connection: &mut PgConnection, tickets: &[&Ticket]) -> Result<(), sqlx::Error> {
    let entries: Vec<(OrderId, &HistoryEntry)> = tickets
        .iter()
        .flat_map(|ticket| ticket.happened.iter().map(|entry| (ticket.order_id, entry)))
        .collect();
    if entries.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO ticket_history (order_id, at, what, by, reason) \
         SELECT order_id, at, what, by, reason \
         FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[]) \
         WITH ORDINALITY AS entry (order_id, at, what, by, reason, place) ORDER BY place",
    )
    .bind(column(&entries, |(order_id, _)| order_id.to_string()))
    .bind(column(&entries, |(_, entry)| entry.at))
    .bind(column(&entries, |(_, entry)| entry.what.as_str()))
    .bind(column(&entries, |(_, entry)| entry.by.as_str()))
    .bind(column(&entries, |(_, entry)| entry.reason.as_deref()))
    .execute(connection)
    .await
    .map(drop)
}

/// What has happened to a ticket, the oldest first; `None` if the store has no such ticket.
pub(super) async fn find<'c>(
    connection: impl PgExecutor<'c>,
    store_id: &str,
    order_id: OrderId,
) -> Result<Option<Vec<HistoryEntry>>, sqlx::Error> {
    // A ticket without a history yields one row without an entry.
    let rows = sqlx::query(
        "SELECT at, what, by, ticket_history.reason FROM tickets LEFT JOIN ticket_history USING (order_id) \
         WHERE order_id = $1 AND store_id = $2 ORDER BY entry",
    )
    .bind(order_id.to_string())
    .bind(store_id)
    .fetch_all(connection)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let entries = rows.iter().filter_map(|row| entry(row).transpose());
    entries.collect::<Result<_, _>>().map(Some)
}

fn entry(row: &PgRow) -> Result<Option<HistoryEntry>, sqlx::Error> {
    let Some(at) = row.try_get("at")? else {
        return Ok(None);
    };
    Ok(Some(HistoryEntry {
        at,
        what: row.try_get("what")?,
        by: row.try_get("by")?,
        reason: row.try_get("reason")?,
    }))
}
