//! Writes the view, inside the transaction of a batch of events.

use crate::application::ports::ViewTransaction;
use async_trait::async_trait;
use fdp_contracts::{OrderId, OrderSnapshot, ProductSnapshot, StoreSnapshot};
use fdp_storage::rows::column;
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::BTreeMap;

const ADD_HISTORY: &str = "\
    INSERT INTO order_history (order_id, version, snapshot) \
    SELECT order_id, version, snapshot::jsonb \
    FROM unnest($1::text[], $2::int[], $3::text[]) AS news (order_id, version, snapshot) \
    ON CONFLICT DO NOTHING";

const PUT_ORDERS: &str = "\
    INSERT INTO order_view (order_id, customer_id, placed_at, version, snapshot) \
    SELECT order_id, customer_id, placed_at, version, snapshot::jsonb \
    FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::int[], $5::text[]) \
    AS news (order_id, customer_id, placed_at, version, snapshot) \
    ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, snapshot = excluded.snapshot \
    WHERE order_view.version < excluded.version";

const PUT_PRODUCTS: &str = "\
    INSERT INTO product (product_id, store_id, product_name, stock, unit_price, changed_at) \
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[]) \
    ON CONFLICT (product_id) DO UPDATE SET store_id = excluded.store_id, product_name = excluded.product_name, \
    stock = excluded.stock, unit_price = excluded.unit_price, changed_at = excluded.changed_at \
    WHERE product.changed_at <= excluded.changed_at";

const PUT_STORES: &str = "\
    INSERT INTO stores (store_id, version, snapshot) \
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::jsonb[]) \
    ON CONFLICT (store_id) DO UPDATE SET version = excluded.version, snapshot = excluded.snapshot \
    WHERE stores.version < excluded.version";

#[async_trait]
impl ViewTransaction for PgConnection {
    type Error = sqlx::Error;

    async fn add_orders(
        &mut self,
        orders: &BTreeMap<(OrderId, u32), OrderSnapshot>,
    ) -> Result<(), sqlx::Error> {
        let rows = orders
            .values()
            .map(HistoryRow::of)
            .collect::<Result<Vec<_>, serde_json::Error>>()
            .map_err(|error| sqlx::Error::Encode(error.into()))?;
        if rows.is_empty() {
            return Ok(());
        }
        let newest: Vec<&HistoryRow<'_>> = rows
            .chunk_by(|one, next| one.order.order_id == next.order.order_id)
            .filter_map(<[_]>::last)
            .collect();
        sqlx::query(ADD_HISTORY)
            .bind(column(&rows, |row| row.order_id.as_str()))
            .bind(column(&rows, |row| row.version))
            .bind(column(&rows, |row| row.snapshot.as_str()))
            .execute(&mut *self)
            .await?;
        sqlx::query(PUT_ORDERS)
            .bind(column(&newest, |row| row.order_id.as_str()))
            .bind(column(&newest, |row| row.order.customer_id.as_str()))
            .bind(column(&newest, |row| row.order.placed_at))
            .bind(column(&newest, |row| row.version))
            .bind(column(&newest, |row| row.snapshot.as_str()))
            .execute(&mut *self)
            .await?;
        Ok(())
    }

    async fn put_products(
        &mut self,
        products: &BTreeMap<String, ProductSnapshot>,
    ) -> Result<(), sqlx::Error> {
        if products.is_empty() {
            return Ok(());
        }
        sqlx::query(PUT_PRODUCTS)
            .bind(column(products.values(), |product| product.product_id.as_str()))
            .bind(column(products.values(), |product| product.store_id.as_str()))
            .bind(column(products.values(), |product| product.product_name.as_str()))
            .bind(column(products.values(), |product| at_most(product.stock)))
            .bind(column(products.values(), |product| {
                product.unit_price.map(at_most)
            }))
            .bind(column(products.values(), |product| product.changed_at))
            .execute(&mut *self)
            .await?;
        Ok(())
    }

    async fn put_stores(&mut self, stores: &BTreeMap<String, StoreSnapshot>) -> Result<(), sqlx::Error> {
        if stores.is_empty() {
            return Ok(());
        }
        sqlx::query(PUT_STORES)
            .bind(column(stores.values(), |store| store.store_id.as_str()))
            .bind(column(stores.values(), |store| at_most(store.version)))
            .bind(column(stores.values(), Json))
            .execute(&mut *self)
            .await?;
        Ok(())
    }
}

/// A number for PostgreSQL; one that is too high becomes its highest.
fn at_most(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A change of an order as a row of the history.
struct HistoryRow<'a> {
    order: &'a OrderSnapshot,
    order_id: String,
    version: i32,
    snapshot: String,
}

impl<'a> HistoryRow<'a> {
    fn of(order: &'a OrderSnapshot) -> Result<Self, serde_json::Error> {
        Ok(Self {
            order,
            order_id: order.order_id.to_string(),
            version: i32::try_from(order.version).unwrap_or(i32::MAX),
            snapshot: serde_json::to_string(order)?,
        })
    }
}
