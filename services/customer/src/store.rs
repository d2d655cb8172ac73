//! The local outbox of messages, in PostgreSQL.

use crate::domain::{Notification, Text, state_name};
use fdp_contracts::{OrderId, OrderState};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row};
use std::error::Error;

fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn notification(row: &PgRow) -> Result<Notification, sqlx::Error> {
    let state: String = row.try_get("order_state")?;
    Ok(Notification {
        order_id: decoding(row.try_get::<String, _>("order_id")?.parse::<OrderId>())?,
        version: decoding(u32::try_from(row.try_get::<i64, _>("version")?))?,
        customer_id: row.try_get("customer_id")?,
        state: OrderState::ALL
            .into_iter()
            .find(|known| state_name(*known) == state)
            .ok_or_else(|| sqlx::Error::Decode(format!("'{state}' is no state of an order").into()))?,
        text: Text {
            korean: row.try_get("text_ko")?,
            english: row.try_get("text_en")?,
        },
        sending: row.try_get("sending")?,
        created_at: row.try_get("created_at")?,
    })
}

/// Keeps a message; false when there is one about this change already.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    notification: &Notification,
) -> Result<bool, sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO notifications (order_id, version, customer_id, order_state, text_ko, text_en, sending, \
         created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (order_id, version) DO NOTHING",
    )
    .bind(notification.order_id.to_string())
    .bind(i64::from(notification.version))
    .bind(&notification.customer_id)
    .bind(state_name(notification.state))
    .bind(&notification.text.korean)
    .bind(&notification.text.english)
    .bind(&notification.sending)
    .bind(notification.created_at)
    .execute(connection)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// All messages about one order, in the order of its changes.
pub(crate) async fn of_order(pool: &PgPool, order_id: OrderId) -> Result<Vec<Notification>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM notifications WHERE order_id = $1 ORDER BY version")
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
    let rows = sqlx::query(
        "SELECT * FROM notifications WHERE customer_id = $1 \
         ORDER BY created_at DESC, order_id, version DESC LIMIT $2",
    )
    .bind(customer_id)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(notification).collect()
}
