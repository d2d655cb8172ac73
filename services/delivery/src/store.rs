//! Deliveries in PostgreSQL.

use crate::app::Filter;
use crate::domain::position::Position;
use crate::domain::{Delivery, Parcel, state_name};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryId, DeliveryState, OrderId};
use fdp_kit::ledger::Table;
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row};
use std::error::Error;

/// What is read of a delivery. Never `*`: a replica remembers what a statement gives, and a column that a later version
/// adds would break it.
macro_rules! columns {
    () => {
        "order_id, delivery_id, customer_id, store_id, state, rider_id, latitude, longitude, located_at, \
         created_at, changed_at"
    };
}

fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn state(name: &str) -> Result<DeliveryState, NameError> {
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    DeliveryState::deserialize(name)
}

fn delivery(row: &PgRow) -> Result<Delivery, sqlx::Error> {
    Ok(Delivery {
        delivery_id: decoding(row.try_get::<&str, _>("delivery_id")?.parse::<DeliveryId>())?,
        parcel: Parcel {
            order_id: decoding(row.try_get::<&str, _>("order_id")?.parse::<OrderId>())?,
            customer_id: row.try_get("customer_id")?,
            store_id: row.try_get("store_id")?,
        },
        state: decoding(state(row.try_get("state")?))?,
        rider_id: row.try_get("rider_id")?,
        position: position(row)?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}

fn position(row: &PgRow) -> Result<Option<Position>, sqlx::Error> {
    let Some(at) = row.try_get("located_at")? else {
        return Ok(None);
    };
    let place = Position::new(row.try_get("latitude")?, row.try_get("longitude")?, at);
    decoding(place).map(Some)
}

/// The newest deliveries that pass `filter`.
pub(crate) async fn list(pool: &PgPool, filter: &Filter, limit: u32) -> Result<Vec<Delivery>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM deliveries WHERE ($1::text IS NULL OR state = $1) \
         AND ($2::text IS NULL OR rider_id = $2) AND ($3::text IS NULL OR (created_at, order_id) < \
         (SELECT created_at, order_id FROM deliveries WHERE order_id = $3)) \
         ORDER BY created_at DESC, order_id DESC LIMIT $4",
    ))
    .bind(filter.state.map(state_name))
    .bind(&filter.rider_id)
    .bind(filter.before.map(|order_id| order_id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(delivery).collect()
}

/// At most `limit` deliveries that wait for a rider's step and have not changed since `before`, locked until
/// the transaction ends. Those that another replica has locked are left to it.
pub(crate) async fn lock_idle(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Delivery>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM deliveries WHERE state IN ('Ready', 'Started') AND changed_at <= $1 \
         ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    ))
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.iter().map(delivery).collect()
}

/// The table `deliveries`.
#[derive(Debug)]
pub struct DeliveryTable;

#[async_trait]
impl Table for DeliveryTable {
    type Aggregate = Delivery;

    fn order_id(delivery: &Delivery) -> OrderId {
        delivery.parcel.order_id
    }

    async fn lock(
        connection: &mut PgConnection,
        order_ids: &[OrderId],
    ) -> Result<Vec<Delivery>, sqlx::Error> {
        let order_ids: Vec<String> = order_ids.iter().map(OrderId::to_string).collect();
        let rows = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM deliveries WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE"
        ))
        .bind(order_ids)
        .fetch_all(connection)
        .await?;
        rows.iter().map(delivery).collect()
    }

    async fn insert(connection: &mut PgConnection, deliveries: &[&Delivery]) -> Result<u64, sqlx::Error> {
        let (mut order_ids, mut ids, mut customers, mut stores, mut states, mut times) = (
            Vec::new(),
            Vec::new(),
            Vec::new(),
            Vec::new(),
            Vec::new(),
            Vec::new(),
        );
        // News that came together may have brought a new delivery further already, but never given it a rider.
        for delivery in deliveries {
            order_ids.push(delivery.parcel.order_id.to_string());
            ids.push(delivery.delivery_id.to_string());
            customers.push(delivery.parcel.customer_id.as_str());
            stores.push(delivery.parcel.store_id.as_str());
            states.push(state_name(delivery.state));
            times.push((delivery.created_at, delivery.changed_at));
        }
        // Whichever of its two ids it is by which the database finds it there already.
        let (created, changed): (Vec<_>, Vec<_>) = times.into_iter().unzip();
        let written = sqlx::query(
            "INSERT INTO deliveries (order_id, delivery_id, customer_id, store_id, state, created_at, changed_at) \
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], \
             $6::timestamptz[], $7::timestamptz[]) ON CONFLICT DO NOTHING",
        )
        .bind(order_ids)
        .bind(ids)
        .bind(customers)
        .bind(stores)
        .bind(states)
        .bind(created)
        .bind(changed)
        .execute(connection)
        .await?;
        Ok(written.rows_affected())
    }

    async fn update(connection: &mut PgConnection, deliveries: &[&Delivery]) -> Result<(), sqlx::Error> {
        let (mut ids, mut states, mut riders, mut changed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut latitudes, mut longitudes, mut located) = (Vec::new(), Vec::new(), Vec::new());
        for delivery in deliveries {
            ids.push(delivery.parcel.order_id.to_string());
            states.push(state_name(delivery.state));
            riders.push(delivery.rider_id.as_deref());
            changed.push(delivery.changed_at);
            latitudes.push(delivery.position.map(|position| position.lat()));
            longitudes.push(delivery.position.map(|position| position.lng()));
            located.push(delivery.position.map(|position| position.at()));
        }
        sqlx::query(
            "UPDATE deliveries SET state = new.state, rider_id = new.rider_id, changed_at = new.changed_at, \
             latitude = new.latitude, longitude = new.longitude, located_at = new.located_at \
             FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::float8[], $6::float8[], \
             $7::timestamptz[]) \
             AS new (order_id, state, rider_id, changed_at, latitude, longitude, located_at) \
             WHERE deliveries.order_id = new.order_id",
        )
        .bind(ids)
        .bind(states)
        .bind(riders)
        .bind(changed)
        .bind(latitudes)
        .bind(longitudes)
        .bind(located)
        .execute(connection)
        .await
        .map(drop)
    }

    async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Delivery>, sqlx::Error> {
        sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM deliveries WHERE order_id = $1"
        ))
        .bind(order_id.to_string())
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(delivery)
        .transpose()
    }
}
