//! Queries of many tickets.

use super::row::{ticket, ticket_columns};
use crate::application::ports::TicketFilter;
use crate::domain::{Ticket, state_name};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use sqlx::postgres::PgConnection;

/// The store's newest tickets that pass `filter`.
pub(super) async fn list(
    pool: &PgPool,
    store_id: &str,
    filter: &TicketFilter,
    limit: u32,
) -> Result<Vec<Ticket>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        ticket_columns!(),
        " FROM tickets WHERE store_id = $1 AND ($2::text IS NULL OR state = $2) \
         AND ($3::text IS NULL OR (placed_at, order_id) < \
         (SELECT placed_at, order_id FROM tickets WHERE order_id = $3)) \
         ORDER BY placed_at DESC, order_id DESC LIMIT $4",
    ))
    .bind(store_id)
    .bind(filter.state.map(state_name))
    .bind(filter.before.map(|order_id| order_id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(ticket).collect()
}

/// At most `limit` active tickets that have not changed since `idle_since`, locked until the transaction ends. Those
/// that another replica has locked are left to it, and new tickets of `closed` stores wait.
pub(super) async fn lock_idle(
    connection: &mut PgConnection,
    idle_since: DateTime<Utc>,
    closed: &[String],
    limit: u32,
) -> Result<Vec<Ticket>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        ticket_columns!(),
        " FROM tickets WHERE state IN ('Received', 'Accepted', 'CookingStarted') AND changed_at <= $1 \
         AND NOT (state = 'Received' AND store_id = ANY($2)) \
         ORDER BY changed_at LIMIT $3 FOR UPDATE SKIP LOCKED",
    ))
    .bind(idle_since)
    .bind(closed)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.iter().map(ticket).collect()
}
