//! The view's tables in the front end's own PostgreSQL database.

use crate::domain::OrderView;
use fdp_contracts::{OrderId, OrderSnapshot, ProductSnapshot};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Row};

/// Adds snapshots, given by order and version, to what is known of their orders. What is known already stays.
///
/// # Errors
/// When the database says no.
pub async fn add_orders<'a>(
    connection: &mut PgConnection,
    orders: impl IntoIterator<Item = &'a OrderSnapshot>,
) -> Result<(), sqlx::Error> {
    let rows = orders
        .into_iter()
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
    sqlx::query(
        "INSERT INTO order_history (order_id, version, snapshot) \
         SELECT order_id, version, snapshot::jsonb \
         FROM unnest($1::text[], $2::int[], $3::text[]) AS news (order_id, version, snapshot) \
         ON CONFLICT DO NOTHING",
    )
    .bind(column(&rows, |row| row.order_id.clone()))
    .bind(column(&rows, |row| row.version))
    .bind(column(&rows, |row| row.snapshot.clone()))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO order_view (order_id, customer_id, placed_at, version, snapshot) \
         SELECT order_id, customer_id, placed_at, version, snapshot::jsonb \
         FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::int[], $5::text[]) \
         AS news (order_id, customer_id, placed_at, version, snapshot) \
         ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, snapshot = excluded.snapshot \
         WHERE order_view.version < excluded.version",
    )
    .bind(column(&newest, |row| row.order_id.clone()))
    .bind(column(&newest, |row| row.order.customer_id.clone()))
    .bind(column(&newest, |row| row.order.placed_at))
    .bind(column(&newest, |row| row.version))
    .bind(column(&newest, |row| row.snapshot.clone()))
    .execute(connection)
    .await?;
    Ok(())
}

/// A change of an order as it lies in the history.
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

/// Keeps the newest snapshot of each of `products`, given by their ids.
///
/// # Errors
/// When the database says no.
pub async fn put_products<'a>(
    connection: &mut PgConnection,
    products: impl IntoIterator<Item = &'a ProductSnapshot>,
) -> Result<(), sqlx::Error> {
    let products: Vec<&ProductSnapshot> = products.into_iter().collect();
    if products.is_empty() {
        return Ok(());
    }
    let won = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO product (product_id, product_name, stock, unit_price, changed_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[]) \
         ON CONFLICT (product_id) DO UPDATE SET product_name = excluded.product_name, \
         stock = excluded.stock, unit_price = excluded.unit_price, changed_at = excluded.changed_at \
         WHERE product.changed_at <= excluded.changed_at",
    )
    .bind(column(&products, |product| product.product_id.clone()))
    .bind(column(&products, |product| product.product_name.clone()))
    .bind(column(&products, |product| {
        i64::try_from(product.stock).unwrap_or(i64::MAX)
    }))
    .bind(column(&products, |product| product.unit_price.map(won)))
    .bind(column(&products, |product| product.changed_at))
    .execute(connection)
    .await?;
    Ok(())
}

fn column<R, T>(rows: &[R], value: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
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
        "SELECT product_id, product_name, stock, unit_price, changed_at FROM product \
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
            unit_price: row
                .try_get::<Option<i64>, _>("unit_price")?
                .and_then(|price| u64::try_from(price).ok()),
            changed_at: row.try_get("changed_at")?,
        })
    })
    .collect()
}
