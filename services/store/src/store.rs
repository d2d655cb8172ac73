//! Stores and tickets in PostgreSQL.

use crate::domain::{Ticket, state_name};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, TicketState};
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{PgPool, Row};
use std::error::Error;

fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn encoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn state(name: &str) -> Result<TicketState, NameError> {
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    TicketState::deserialize(name)
}

fn ticket(row: &PgRow) -> Result<Ticket, sqlx::Error> {
    Ok(Ticket {
        order_id: decoding(row.try_get::<String, _>("order_id")?.parse::<OrderId>())?,
        store_id: row.try_get("store_id")?,
        customer_id: row.try_get("customer_id")?,
        lines: row.try_get::<Json<_>, _>("lines")?.0,
        amount: decoding(u64::try_from(row.try_get::<i64, _>("amount")?))?,
        state: decoding(state(row.try_get("state")?))?,
        reason: row.try_get("reason")?,
        notified_at: row.try_get("notified_at")?,
        placed_at: row.try_get("placed_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}

/// The order's ticket.
pub(crate) async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Ticket>, sqlx::Error> {
    sqlx::query("SELECT * FROM tickets WHERE order_id = $1")
        .bind(order_id.to_string())
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(ticket)
        .transpose()
}

/// The store's newest tickets, of one state or of all.
pub(crate) async fn list(
    pool: &PgPool,
    store_id: &str,
    state: Option<TicketState>,
    limit: u32,
) -> Result<Vec<Ticket>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT * FROM tickets WHERE store_id = $1 AND ($2::text IS NULL OR state = $2) \
         ORDER BY placed_at DESC, order_id LIMIT $3",
    )
    .bind(store_id)
    .bind(state.map(state_name))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(ticket).collect()
}

/// The order's ticket, locked until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    order_id: OrderId,
) -> Result<Option<Ticket>, sqlx::Error> {
    sqlx::query("SELECT * FROM tickets WHERE order_id = $1 FOR UPDATE")
        .bind(order_id.to_string())
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(ticket)
        .transpose()
}

/// At most `limit` tickets that are under way and have not changed since `before`, locked until the
/// transaction ends. Those that another replica has locked are left to it.
pub(crate) async fn lock_idle(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Ticket>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT * FROM tickets WHERE state IN ('Received', 'Accepted', 'CookingStarted') AND changed_at <= $1 \
         ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    )
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.iter().map(ticket).collect()
}

/// Writes a new ticket; false when the order has one already.
pub(crate) async fn insert(connection: &mut PgConnection, ticket: &Ticket) -> Result<bool, sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO tickets (order_id, store_id, customer_id, lines, amount, state, reason, notified_at, \
         placed_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(ticket.order_id.to_string())
    .bind(&ticket.store_id)
    .bind(&ticket.customer_id)
    .bind(Json(&ticket.lines))
    .bind(encoding(i64::try_from(ticket.amount))?)
    .bind(state_name(ticket.state))
    .bind(&ticket.reason)
    .bind(ticket.notified_at)
    .bind(ticket.placed_at)
    .bind(ticket.changed_at)
    .execute(connection)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Writes the change of a locked ticket.
pub(crate) async fn update(connection: &mut PgConnection, ticket: &Ticket) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE tickets SET state = $2, reason = $3, changed_at = $4 WHERE order_id = $1")
        .bind(ticket.order_id.to_string())
        .bind(state_name(ticket.state))
        .bind(&ticket.reason)
        .bind(ticket.changed_at)
        .execute(connection)
        .await
        .map(|_| ())
}

/// All stores as (id, name), by id.
pub(crate) async fn stores(pool: &PgPool) -> Result<Vec<(String, String)>, sqlx::Error> {
    sqlx::query_as("SELECT store_id, name FROM stores ORDER BY store_id")
        .fetch_all(pool)
        .await
}

/// Writes a store; true when it is new.
pub(crate) async fn put_store(pool: &PgPool, store_id: &str, name: &str) -> Result<bool, sqlx::Error> {
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
