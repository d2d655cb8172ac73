//! Writes the counts, inside the transaction of a batch of events.

use crate::application::ports::CountTransaction;
use crate::domain::{CountDelta, CountState};
use async_trait::async_trait;
use fdp_contracts::{InvalidId, OrderId};
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

/// The counts in PostgreSQL, inside the transaction of a connection.
pub(in crate::adapters) struct PgCountTransaction<'c> {
    connection: &'c mut PgConnection,
}

impl<'c> PgCountTransaction<'c> {
    /// The transaction that `connection` has begun.
    pub(in crate::adapters) fn new(connection: &'c mut PgConnection) -> Self {
        Self { connection }
    }

    async fn write_orders(
        &mut self,
        statement: &'static str,
        orders: &BTreeMap<OrderId, CountState>,
    ) -> Result<u64, sqlx::Error> {
        let order_ids: Vec<String> = orders.keys().map(OrderId::to_string).collect();
        let withdrawn: Vec<bool> = orders
            .values()
            .map(|state| *state == CountState::Withdrawn)
            .collect();
        sqlx::query(statement)
            .bind(order_ids)
            .bind(withdrawn)
            .execute(&mut *self.connection)
            .await
            .map(|written| written.rows_affected())
    }
}

#[async_trait]
impl CountTransaction for PgCountTransaction<'_> {
    type Error = sqlx::Error;

    async fn lock_orders(
        &mut self,
        order_ids: &BTreeSet<OrderId>,
    ) -> Result<BTreeMap<OrderId, CountState>, sqlx::Error> {
        let order_ids: Vec<String> = order_ids.iter().map(OrderId::to_string).collect();
        let rows = sqlx::query(LOCK_ORDERS)
            .bind(order_ids)
            .fetch_all(&mut *self.connection)
            .await?;
        rows.iter().map(order_state).collect()
    }

    async fn insert_orders(&mut self, orders: &BTreeMap<OrderId, CountState>) -> Result<u64, sqlx::Error> {
        self.write_orders(INSERT_ORDERS, orders).await
    }

    async fn update_orders(&mut self, orders: &BTreeMap<OrderId, CountState>) -> Result<(), sqlx::Error> {
        self.write_orders(UPDATE_ORDERS, orders).await.map(|_| ())
    }

    async fn add_counts(&mut self, deltas: &[CountDelta]) -> Result<(), sqlx::Error> {
        macro_rules! column {
            ($value:expr) => {
                deltas.iter().map($value).collect::<Vec<_>>()
            };
        }
        sqlx::query(ADD_COUNTS)
            .bind(column!(|delta| delta.customer_id.as_str()))
            .bind(column!(|delta| delta.item.key()))
            .bind(column!(|delta| delta.item.product_id.as_deref()))
            .bind(column!(|delta| delta.item.product_name.as_str()))
            .bind(column!(|delta| delta.orders))
            .execute(&mut *self.connection)
            .await
            .map(|_| ())
    }

    async fn clear(&mut self) -> Result<(), sqlx::Error> {
        for statement in ["DELETE FROM counted_orders", "DELETE FROM orders_by_product"] {
            sqlx::query(statement).execute(&mut *self.connection).await?;
        }
        Ok(())
    }
}

fn order_state(row: &PgRow) -> Result<(OrderId, CountState), sqlx::Error> {
    let order_id: &str = row.try_get("order_id")?;
    let order_id = order_id
        .parse()
        .map_err(|error: InvalidId| sqlx::Error::Decode(Box::new(error)))?;
    let state = if row.try_get("withdrawn")? {
        CountState::Withdrawn
    } else {
        CountState::Counted
    };
    Ok((order_id, state))
}
