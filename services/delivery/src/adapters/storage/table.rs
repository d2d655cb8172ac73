//! The table `deliveries`, as the kit's ledger reads and writes it.

use super::row::{columns, delivery};
use crate::domain::{Delivery, state_name};
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_kit::ledger::Table;
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
        // Earlier events of the same batch may have advanced a new delivery already, but never given it a rider.
        for delivery in deliveries {
            order_ids.push(delivery.parcel.order_id.to_string());
            ids.push(delivery.delivery_id.to_string());
            customers.push(delivery.parcel.customer_id.as_str());
            stores.push(delivery.parcel.store_id.as_str());
            states.push(state_name(delivery.state));
            times.push((delivery.created_at, delivery.changed_at));
        }
        // Either of its two ids may exist already.
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
