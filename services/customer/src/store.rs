//! The local outbox of messages, in PostgreSQL.

/// What is read of a message, of the table `n`. Never `*`: a replica remembers what a statement gives, and a column that
/// a later version adds would break it.
macro_rules! columns {
    () => {
        "n.order_id, n.version, n.customer_id, n.order_state, n.text_ko, n.text_en, n.sending, n.attempts, \
         n.attempted_at, n.reason, n.created_at, n.changed_at, n.traceparent"
    };
}

pub(crate) mod attempts;
pub(crate) mod contacts;
pub(crate) mod tokens;

use crate::domain::{Notification, SendState, Text, state_name};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderState};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row};
use std::error::Error;

fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn unreadable(what: &str, value: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("'{value}' is no {what}").into())
}

fn notification(row: &PgRow) -> Result<Notification, sqlx::Error> {
    let state: &str = row.try_get("order_state")?;
    let created_at: DateTime<Utc> = row.try_get("created_at")?;
    let changed_at: Option<DateTime<Utc>> = row.try_get("changed_at")?;
    Ok(Notification {
        order_id: decoding(row.try_get::<&str, _>("order_id")?.parse::<OrderId>())?,
        version: decoding(u32::try_from(row.try_get::<i64, _>("version")?))?,
        customer_id: row.try_get("customer_id")?,
        state: OrderState::ALL
            .into_iter()
            .find(|known| state_name(*known) == state)
            .ok_or_else(|| unreadable("state of an order", state))?,
        text: Text {
            korean: row.try_get("text_ko")?,
            english: row.try_get("text_en")?,
        },
        sending: sending(row)?,
        attempts: decoding(u32::try_from(row.try_get::<i32, _>("attempts")?))?,
        attempted_at: row.try_get("attempted_at")?,
        reason: row.try_get("reason")?,
        changed_at: changed_at.unwrap_or(created_at),
        created_at,
        traceparent: row.try_get("traceparent")?,
    })
}

fn sending(row: &PgRow) -> Result<SendState, sqlx::Error> {
    let name: &str = row.try_get("sending")?;
    SendState::named(name).ok_or_else(|| unreadable("state of a message", name))
}

/// Keeps messages, unless there is one about the same change. They are to be sent if `send` and somebody knows where;
/// gives how many are not.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    messages: &[Notification],
    send: bool,
) -> Result<u64, sqlx::Error> {
    macro_rules! column {
        ($value:expr) => {
            messages.iter().map($value).collect::<Vec<_>>()
        };
    }
    let kept: Vec<bool> = sqlx::query_scalar(
        "INSERT INTO notifications (order_id, version, customer_id, order_state, text_ko, text_en, created_at, \
         traceparent, changed_at, sending) SELECT n.*, CASE WHEN $10 AND c.customer_id IS NOT NULL THEN 'Pending' ELSE 'Local' END \
         FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], \
         $8::text[], $9::timestamptz[]) \
         AS n (order_id, version, customer_id, order_state, text_ko, text_en, created_at, traceparent, changed_at) \
         LEFT JOIN contacts c ON c.customer_id = n.customer_id \
         ON CONFLICT (order_id, version) DO NOTHING RETURNING sending = 'Local'",
    )
    .bind(column!(|message| message.order_id.to_string()))
    .bind(column!(|message| i64::from(message.version)))
    .bind(column!(|message| message.customer_id.as_str()))
    .bind(column!(|message| state_name(message.state)))
    .bind(column!(|message| message.text.korean.as_str()))
    .bind(column!(|message| message.text.english.as_str()))
    .bind(column!(|message| message.created_at))
    .bind(column!(|message| message.traceparent.as_deref()))
    .bind(column!(|message| message.changed_at))
    .bind(send)
    .fetch_all(connection)
    .await?;
    Ok(kept.into_iter().map(u64::from).sum())
}

/// All messages about one order, in the order of its changes.
pub(crate) async fn of_order(pool: &PgPool, order_id: OrderId) -> Result<Vec<Notification>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM notifications n WHERE order_id = $1 ORDER BY version"
    ))
    .bind(order_id.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter().map(notification).collect()
}

/// The newest messages to one customer.
pub(crate) async fn to_customer(
    pool: &PgPool,
    customer_id: &str,
    limit: u32,
) -> Result<Vec<Notification>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM notifications n WHERE customer_id = $1 \
         ORDER BY created_at DESC, order_id, version DESC LIMIT $2"
    ))
    .bind(customer_id)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(notification).collect()
}

/// The newest messages of all.
pub(crate) async fn newest(pool: &PgPool, limit: u32) -> Result<Vec<Notification>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM notifications n ORDER BY created_at DESC, order_id, version DESC LIMIT $1"
    ))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(notification).collect()
}
