//! Writes the counts, inside the transaction of a batch of events.

use crate::application::ports::CountTransaction;
use crate::domain::{CountDelta, CountState};
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::rows::{column, parsed};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use std::collections::{BTreeMap, BTreeSet};

const LOCK_ORDERS: &str =
    "SELECT order_id, withdrawn FROM counted_orders WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE";

const INSERT_ORDERS: &str = "\
    INSERT INTO counted_orders (order_id, withdrawn) SELECT * FROM unnest($1::text[], $2::boolean[]) \
    ON CONFLICT (order_id) DO NOTHING";

const UPDATE_ORDERS: &str = "\
    UPDATE counted_orders o SET withdrawn = n.withdrawn \
    FROM unnest($1::text[], $2::boolean[]) AS n (order_id, withdrawn) WHERE o.order_id = n.order_id";

const ADD_COUNTS: &str = "\
    INSERT INTO orders_by_product (customer_id, product_key, product_id, product_name, orders) \
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) \
    ON CONFLICT (customer_id, product_key) DO UPDATE \
    SET orders = orders_by_product.orders + excluded.orders, product_name = excluded.product_name";

#[async_trait]
impl CountTransaction for PgConnection {
    type Error = sqlx::Error;

    async fn lock_orders(
        &mut self,
        order_ids: &BTreeSet<OrderId>,
    ) -> Result<BTreeMap<OrderId, CountState>, sqlx::Error> {
        let orders = sqlx::query(LOCK_ORDERS)
            .bind(column(order_ids, OrderId::to_string))
            .try_map(|row| order_state(&row))
            .fetch_all(&mut *self)
            .await?;
        Ok(orders.into_iter().collect())
    }

    async fn insert_orders(&mut self, orders: &BTreeMap<OrderId, CountState>) -> Result<u64, sqlx::Error> {
        write_orders(self, INSERT_ORDERS, orders).await
    }

    async fn update_orders(&mut self, orders: &BTreeMap<OrderId, CountState>) -> Result<(), sqlx::Error> {
        write_orders(self, UPDATE_ORDERS, orders).await.map(drop)
    }

    async fn add_counts(&mut self, deltas: &[CountDelta]) -> Result<(), sqlx::Error> {
        sqlx::query(ADD_COUNTS)
            .bind(column(deltas, |delta| delta.customer_id.as_str()))
            .bind(column(deltas, |delta| delta.item.key()))
            .bind(column(deltas, |delta| delta.item.product_id.as_deref()))
            .bind(column(deltas, |delta| delta.item.product_name.as_str()))
            .bind(column(deltas, |delta| delta.orders))
            .execute(&mut *self)
            .await
            .map(drop)
    }

    async fn clear(&mut self) -> Result<(), sqlx::Error> {
        for statement in ["DELETE FROM counted_orders", "DELETE FROM orders_by_product"] {
            sqlx::query(statement).execute(&mut *self).await?;
        }
        Ok(())
    }
}

async fn write_orders(
    connection: &mut PgConnection,
    statement: &'static str,
    orders: &BTreeMap<OrderId, CountState>,
) -> Result<u64, sqlx::Error> {
    sqlx::query(statement)
        .bind(column(orders.keys(), OrderId::to_string))
        .bind(column(orders.values(), |state| *state == CountState::Withdrawn))
        .execute(connection)
        .await
        .map(|written| written.rows_affected())
}

fn order_state(row: &PgRow) -> Result<(OrderId, CountState), sqlx::Error> {
    let state = if row.try_get("withdrawn")? {
        CountState::Withdrawn
    } else {
        CountState::Counted
    };
    Ok((parsed(row, "order_id")?, state))
}
