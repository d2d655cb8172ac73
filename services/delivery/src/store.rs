//! Deliveries in PostgreSQL.

use crate::domain::{Delivery, Parcel, state_name};
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryId, DeliveryState, OrderId};
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row};
use std::error::Error;

fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn state(name: &str) -> Result<DeliveryState, NameError> {
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    DeliveryState::deserialize(name)
}

fn delivery(row: &PgRow) -> Result<Delivery, sqlx::Error> {
    Ok(Delivery {
        delivery_id: decoding(row.try_get::<String, _>("delivery_id")?.parse::<DeliveryId>())?,
        parcel: Parcel {
            order_id: decoding(row.try_get::<String, _>("order_id")?.parse::<OrderId>())?,
            customer_id: row.try_get("customer_id")?,
            store_id: row.try_get("store_id")?,
        },
        state: decoding(state(row.try_get("state")?))?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}

/// The order's delivery.
pub(crate) async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Delivery>, sqlx::Error> {
    sqlx::query("SELECT * FROM deliveries WHERE order_id = $1")
        .bind(order_id.to_string())
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(delivery)
        .transpose()
}

/// The newest deliveries, of one state or of all.
pub(crate) async fn list(
    pool: &PgPool,
    state: Option<DeliveryState>,
    limit: u32,
) -> Result<Vec<Delivery>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT * FROM deliveries WHERE $1::text IS NULL OR state = $1 \
         ORDER BY created_at DESC, order_id LIMIT $2",
    )
    .bind(state.map(state_name))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(delivery).collect()
}

/// The order's delivery, locked until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    order_id: OrderId,
) -> Result<Option<Delivery>, sqlx::Error> {
    sqlx::query("SELECT * FROM deliveries WHERE order_id = $1 FOR UPDATE")
        .bind(order_id.to_string())
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(delivery)
        .transpose()
}

/// At most `limit` deliveries that wait for a rider's step and have not changed since `before`, locked until
/// the transaction ends. Those that another replica has locked are left to it.
pub(crate) async fn lock_idle(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Delivery>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT * FROM deliveries WHERE state IN ('Ready', 'Started') AND changed_at <= $1 \
         ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    )
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.iter().map(delivery).collect()
}

/// Writes a new delivery; false when the order has one already.
pub(crate) async fn insert(connection: &mut PgConnection, delivery: &Delivery) -> Result<bool, sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO deliveries (order_id, delivery_id, customer_id, store_id, state, created_at, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(delivery.parcel.order_id.to_string())
    .bind(delivery.delivery_id.to_string())
    .bind(&delivery.parcel.customer_id)
    .bind(&delivery.parcel.store_id)
    .bind(state_name(delivery.state))
    .bind(delivery.created_at)
    .bind(delivery.changed_at)
    .execute(connection)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Writes the change of a locked delivery.
pub(crate) async fn update(connection: &mut PgConnection, delivery: &Delivery) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE deliveries SET state = $2, changed_at = $3 WHERE order_id = $1")
        .bind(delivery.parcel.order_id.to_string())
        .bind(state_name(delivery.state))
        .bind(delivery.changed_at)
        .execute(connection)
        .await
        .map(|_| ())
}
