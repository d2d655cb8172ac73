//! Counts of orders in PostgreSQL.

use crate::domain::{Item, Popularity};
use fdp_contracts::OrderId;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row};

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

/// Notes that an order is counted, or has ended; false when it is noted already, either way.
pub(crate) async fn note_order(
    connection: &mut PgConnection,
    order_id: OrderId,
    withdrawn: bool,
) -> Result<bool, sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO counted_orders (order_id, withdrawn) VALUES ($1, $2) ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(order_id.to_string())
    .bind(withdrawn)
    .execute(connection)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Notes that a counted order has ended; false when that is noted already.
pub(crate) async fn withdraw_order(
    connection: &mut PgConnection,
    order_id: OrderId,
) -> Result<bool, sqlx::Error> {
    let written =
        sqlx::query("UPDATE counted_orders SET withdrawn = true WHERE order_id = $1 AND NOT withdrawn")
            .bind(order_id.to_string())
            .execute(connection)
            .await?;
    Ok(written.rows_affected() == 1)
}

/// Adds `change` to the customer's count of an item.
pub(crate) async fn count(
    connection: &mut PgConnection,
    customer_id: &str,
    item: &Item,
    change: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO orders_by_product (customer_id, product_key, product_id, product_name, orders) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (customer_id, product_key) DO UPDATE \
         SET orders = orders_by_product.orders + excluded.orders, product_name = excluded.product_name",
    )
    .bind(customer_id)
    .bind(item.key())
    .bind(&item.product_id)
    .bind(&item.product_name)
    .bind(change)
    .execute(connection)
    .await
    .map(|_| ())
}

/// How often each item is ordered, by this customer and by the others.
pub(crate) async fn popularities(
    pool: &PgPool,
    customer_id: Option<&str>,
) -> Result<Vec<Popularity>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT max(product_id) AS product_id, max(product_name) AS product_name, \
         coalesce(sum(orders) FILTER (WHERE customer_id = $1), 0)::bigint AS own, \
         coalesce(sum(orders) FILTER (WHERE customer_id IS DISTINCT FROM $1), 0)::bigint AS others \
         FROM orders_by_product GROUP BY product_key",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await?;
    rows.iter().map(popularity).collect()
}
