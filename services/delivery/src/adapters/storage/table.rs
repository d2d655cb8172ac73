//! The table `deliveries`, as the kit's ledger reads and writes it.

use super::history;
use super::row::{delivery, select};
use crate::domain::Delivery;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::ledger::Table;
use fdp_storage::rows::column;
use sqlx::PgPool;
use sqlx::postgres::PgConnection;

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
        sqlx::query(select!("WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE"))
            .bind(column(order_ids, OrderId::to_string))
            .try_map(|row| delivery(&row))
            .fetch_all(connection)
            .await
    }

    /// Earlier events of the same batch may have advanced a new delivery already, but never given it a rider.
    async fn insert(connection: &mut PgConnection, deliveries: &[&Delivery]) -> Result<u64, sqlx::Error> {
        // Either of its two ids may exist already.
        let written = sqlx::query(
            "INSERT INTO deliveries (order_id, delivery_id, customer_id, store_id, state, offered_at, \
             pick_up_within_minutes, created_at, changed_at) \
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], \
             $6::timestamptz[], $7::bigint[], $8::timestamptz[], $9::timestamptz[]) ON CONFLICT DO NOTHING",
        )
        .bind(column(deliveries, |delivery| {
            delivery.parcel.order_id.to_string()
        }))
        .bind(column(deliveries, |delivery| delivery.delivery_id.to_string()))
        .bind(column(deliveries, |delivery| {
            delivery.parcel.customer_id.as_str()
        }))
        .bind(column(deliveries, |delivery| delivery.parcel.store_id.as_str()))
        .bind(column(deliveries, |delivery| delivery.state.name()))
        .bind(column(deliveries, |delivery| delivery.offered_at))
        .bind(column(deliveries, |delivery| {
            i64::from(delivery.pick_up_within_minutes)
        }))
        .bind(column(deliveries, |delivery| delivery.created_at))
        .bind(column(deliveries, |delivery| delivery.changed_at))
        .execute(&mut *connection)
        .await?;
        history::append(connection, deliveries).await?;
        Ok(written.rows_affected())
    }

    async fn update(connection: &mut PgConnection, deliveries: &[&Delivery]) -> Result<(), sqlx::Error> {
        let positions = column(deliveries, |delivery| delivery.position);
        sqlx::query(
            "UPDATE deliveries SET state = new.state, offered_at = new.offered_at, rider_id = new.rider_id, \
             pick_up_within_minutes = new.pick_up_within_minutes, changed_at = new.changed_at, \
             latitude = new.latitude, longitude = new.longitude, located_at = new.located_at \
             FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::bigint[], $6::timestamptz[], \
             $7::float8[], $8::float8[], $9::timestamptz[]) AS new (order_id, state, offered_at, rider_id, \
             pick_up_within_minutes, changed_at, latitude, longitude, located_at) \
             WHERE deliveries.order_id = new.order_id",
        )
        .bind(column(deliveries, |delivery| {
            delivery.parcel.order_id.to_string()
        }))
        .bind(column(deliveries, |delivery| delivery.state.name()))
        .bind(column(deliveries, |delivery| delivery.offered_at))
        .bind(column(deliveries, |delivery| delivery.rider_id.as_deref()))
        .bind(column(deliveries, |delivery| {
            i64::from(delivery.pick_up_within_minutes)
        }))
        .bind(column(deliveries, |delivery| delivery.changed_at))
        .bind(column(&positions, |position| position.map(|it| it.lat())))
        .bind(column(&positions, |position| position.map(|it| it.lng())))
        .bind(column(&positions, |position| position.map(|it| it.at())))
        .execute(&mut *connection)
        .await?;
        history::append(connection, deliveries).await
    }

    async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Delivery>, sqlx::Error> {
        sqlx::query(select!("WHERE order_id = $1"))
            .bind(order_id.to_string())
            .try_map(|row| delivery(&row))
            .fetch_optional(pool)
            .await
    }
}
