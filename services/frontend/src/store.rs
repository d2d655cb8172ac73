//! The view's tables in the front end's own PostgreSQL database.

use crate::domain::OrderView;
use fdp_contracts::{OrderId, OrderSnapshot, ProductSnapshot};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Row};

/// The channel on which every replica hears of changed orders; the payload is the order's id.
pub const CHANNEL: &str = "order_view";

/// Adds a snapshot to what is known of its order and, when this is news, tells all replicas on commit.
///
/// # Errors
/// When the database says no.
pub async fn add_order(connection: &mut PgConnection, order: &OrderSnapshot) -> Result<(), sqlx::Error> {
    let order_id = order.order_id.to_string();
    let version = i32::try_from(order.version).unwrap_or(i32::MAX);
    let added = sqlx::query(
        "INSERT INTO order_history (order_id, version, snapshot) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    )
    .bind(&order_id)
    .bind(version)
    .bind(Json(order))
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if added == 0 {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO order_view (order_id, customer_id, placed_at, version, snapshot) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (order_id) DO UPDATE \
         SET version = excluded.version, snapshot = excluded.snapshot \
         WHERE order_view.version < excluded.version",
    )
    .bind(&order_id)
    .bind(&order.customer_id)
    .bind(order.placed_at)
    .bind(version)
    .bind(Json(order))
    .execute(&mut *connection)
    .await?;
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(&order_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps the newest snapshot of a product.
///
/// # Errors
/// When the database says no.
pub async fn put_product(
    connection: &mut PgConnection,
    product: &ProductSnapshot,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO product (product_id, product_name, stock, changed_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (product_id) DO UPDATE SET product_name = excluded.product_name, \
         stock = excluded.stock, changed_at = excluded.changed_at \
         WHERE product.changed_at <= excluded.changed_at",
    )
    .bind(&product.product_id)
    .bind(&product.product_name)
    .bind(i64::try_from(product.stock).unwrap_or(i64::MAX))
    .bind(product.changed_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// All that is known of one order; `None` when nothing is.
///
/// # Errors
/// When the database says no.
pub async fn order(pool: &PgPool, order_id: OrderId) -> Result<Option<OrderView>, sqlx::Error> {
    let rows = sqlx::query("SELECT snapshot FROM order_history WHERE order_id = $1")
        .bind(order_id.to_string())
        .fetch_all(pool)
        .await?;
    let snapshots: Result<Vec<_>, _> = rows.iter().map(|row| row.try_get(0).map(|Json(it)| it)).collect();
    Ok(OrderView::fold(snapshots?))
}

/// A customer's orders, newest first, at most `limit`.
///
/// # Errors
/// When the database says no.
pub async fn orders_of(
    pool: &PgPool,
    customer_id: &str,
    limit: u32,
) -> Result<Vec<OrderSnapshot>, sqlx::Error> {
    sqlx::query(
        "SELECT snapshot FROM order_view WHERE customer_id = $1 \
         ORDER BY placed_at DESC, order_id DESC LIMIT $2",
    )
    .bind(customer_id)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| row.try_get(0).map(|Json(snapshot)| snapshot))
    .collect()
}

/// Products by name, at most `limit`.
///
/// # Errors
/// When the database says no.
pub async fn products(pool: &PgPool, limit: u32) -> Result<Vec<ProductSnapshot>, sqlx::Error> {
    sqlx::query(
        "SELECT product_id, product_name, stock, changed_at FROM product \
         ORDER BY product_name, product_id LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| {
        Ok(ProductSnapshot {
            product_id: row.try_get("product_id")?,
            product_name: row.try_get("product_name")?,
            stock: u64::try_from(row.try_get::<i64, _>("stock")?).unwrap_or(0),
            changed_at: row.try_get("changed_at")?,
        })
    })
    .collect()
}
