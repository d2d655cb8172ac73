//! Counts of orders in PostgreSQL.

use crate::domain::{Change, Item, OWN_WEIGHT, Popularity, Told};
use fdp_contracts::{InvalidId, OrderId};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row};
use std::collections::{BTreeMap, BTreeSet};

fn popularity(row: &PgRow) -> Result<Popularity, sqlx::Error> {
    let count = |column| -> Result<u64, sqlx::Error> {
        u64::try_from(row.try_get::<i64, _>(column)?).map_err(|error| sqlx::Error::Decode(Box::new(error)))
    };
    Ok(Popularity {
        item: Item {
            product_id: row.try_get("product_id")?,
            product_name: row.try_get("product_name")?,
        },
        own: count("own")?,
        others: count("others")?,
    })
}

/// What was told of those of `order_ids` that were heard of, locked until the transaction ends.
pub(crate) async fn lock_orders(
    connection: &mut PgConnection,
    order_ids: &BTreeSet<OrderId>,
) -> Result<BTreeMap<OrderId, Told>, sqlx::Error> {
    let order_ids: Vec<String> = order_ids.iter().map(OrderId::to_string).collect();
    let rows = sqlx::query(
        "SELECT order_id, withdrawn FROM counted_orders WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE",
    )
    .bind(order_ids)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let order_id: &str = row.try_get("order_id")?;
            let order_id = order_id
                .parse()
                .map_err(|error: InvalidId| sqlx::Error::Decode(Box::new(error)))?;
            let told = if row.try_get("withdrawn")? {
                Told::Withdrawn
            } else {
                Told::Counted
            };
            Ok((order_id, told))
        })
        .collect()
}

/// Notes what was told of orders, and gives how many are new: fewer than given when another transaction was first.
pub(crate) async fn insert_orders(
    connection: &mut PgConnection,
    orders: &BTreeMap<OrderId, Told>,
) -> Result<u64, sqlx::Error> {
    write_orders(
        connection,
        "INSERT INTO counted_orders (order_id, withdrawn) SELECT * FROM unnest($1::text[], $2::boolean[]) \
         ON CONFLICT (order_id) DO NOTHING",
        orders,
    )
    .await
}

/// Notes what is told of locked orders now.
pub(crate) async fn update_orders(
    connection: &mut PgConnection,
    orders: &BTreeMap<OrderId, Told>,
) -> Result<u64, sqlx::Error> {
    write_orders(
        connection,
        "UPDATE counted_orders o SET withdrawn = n.withdrawn \
         FROM unnest($1::text[], $2::boolean[]) AS n (order_id, withdrawn) WHERE o.order_id = n.order_id",
        orders,
    )
    .await
}

async fn write_orders(
    connection: &mut PgConnection,
    statement: &'static str,
    orders: &BTreeMap<OrderId, Told>,
) -> Result<u64, sqlx::Error> {
    let order_ids: Vec<String> = orders.keys().map(OrderId::to_string).collect();
    let withdrawn: Vec<bool> = orders.values().map(|told| *told == Told::Withdrawn).collect();
    sqlx::query(statement)
        .bind(order_ids)
        .bind(withdrawn)
        .execute(connection)
        .await
        .map(|written| written.rows_affected())
}

/// Adds to customers' counts of items.
pub(crate) async fn count(connection: &mut PgConnection, changes: &[Change]) -> Result<(), sqlx::Error> {
    macro_rules! column {
        ($value:expr) => {
            changes.iter().map($value).collect::<Vec<_>>()
        };
    }
    sqlx::query(
        "INSERT INTO orders_by_product (customer_id, product_key, product_id, product_name, orders) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) \
         ON CONFLICT (customer_id, product_key) DO UPDATE \
         SET orders = orders_by_product.orders + excluded.orders, product_name = excluded.product_name",
    )
    .bind(column!(|change| change.customer_id.as_str()))
    .bind(column!(|change| change.item.key()))
    .bind(column!(|change| change.item.product_id.as_deref()))
    .bind(column!(|change| change.item.product_name.as_str()))
    .bind(column!(|change| change.orders))
    .execute(connection)
    .await
    .map(|_| ())
}

/// Forgets every order and every count. Those who read meanwhile still see them until the transaction ends.
pub(crate) async fn empty(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM counted_orders")
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM orders_by_product")
        .execute(connection)
        .await
        .map(|_| ())
}

/// How often the items are ordered that [`crate::domain::recommend`] ranks first, by this customer and by the others.
pub(crate) async fn popularities(
    pool: &PgPool,
    customer_id: Option<&str>,
    limit: usize,
) -> Result<Vec<Popularity>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT product_id, product_name, own, others FROM ( \
             SELECT max(product_id) AS product_id, max(product_name) AS product_name, \
             coalesce(sum(orders) FILTER (WHERE customer_id = $1), 0)::bigint AS own, \
             coalesce(sum(orders) FILTER (WHERE customer_id IS DISTINCT FROM $1), 0)::bigint AS others \
             FROM orders_by_product GROUP BY product_key) AS counted \
         WHERE own + others > 0 ORDER BY own * $2 + others DESC, product_name COLLATE \"C\" LIMIT $3",
    )
    .bind(customer_id)
    .bind(i64::from(OWN_WEIGHT))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    rows.iter().map(popularity).collect()
}
