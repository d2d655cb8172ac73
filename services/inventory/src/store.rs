//! Products and reservations in PostgreSQL.

use crate::domain::{Outcome, Reservation};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, ProductSnapshot, StockLine};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{PgPool, Row};
use std::error::Error;

fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn product(row: &PgRow) -> Result<ProductSnapshot, sqlx::Error> {
    Ok(ProductSnapshot {
        product_id: row.try_get("product_id")?,
        product_name: row.try_get("product_name")?,
        stock: decoding(u64::try_from(row.try_get::<i64, _>("stock")?))?,
        changed_at: row.try_get("changed_at")?,
    })
}

fn reservation(row: &PgRow) -> Result<Reservation, sqlx::Error> {
    let outcome: String = row.try_get("outcome")?;
    Ok(Reservation {
        order_id: decoding(row.try_get::<String, _>("order_id")?.parse::<OrderId>())?,
        lines: row.try_get::<Json<Vec<StockLine>>, _>("lines")?.0,
        outcome: Outcome::ALL
            .into_iter()
            .find(|known| known.name() == outcome)
            .ok_or_else(|| sqlx::Error::Decode(format!("'{outcome}' is no outcome").into()))?,
        reason: row.try_get("reason")?,
        changed_at: row.try_get("changed_at")?,
    })
}

/// One product.
pub(crate) async fn find(pool: &PgPool, product_id: &str) -> Result<Option<ProductSnapshot>, sqlx::Error> {
    sqlx::query("SELECT * FROM products WHERE product_id = $1")
        .bind(product_id)
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(product)
        .transpose()
}

/// All products by id.
pub(crate) async fn list(pool: &PgPool) -> Result<Vec<ProductSnapshot>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM products ORDER BY product_id")
        .fetch_all(pool)
        .await?;
    rows.iter().map(product).collect()
}

/// Writes a product; true when it is new.
pub(crate) async fn put(
    connection: &mut PgConnection,
    product: &ProductSnapshot,
) -> Result<bool, sqlx::Error> {
    let stock = i64::try_from(product.stock).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    // PostgreSQL leaves xmax at 0 in a row that was inserted, and sets it in one that was replaced.
    sqlx::query_scalar(
        "INSERT INTO products (product_id, product_name, stock, changed_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (product_id) DO UPDATE SET product_name = excluded.product_name, \
         stock = excluded.stock, changed_at = excluded.changed_at RETURNING xmax = 0",
    )
    .bind(&product.product_id)
    .bind(&product.product_name)
    .bind(stock)
    .bind(product.changed_at)
    .fetch_one(connection)
    .await
}

/// The products that `lines` name, locked until the transaction ends. They are locked in the order of
/// their ids, so that two orders for the same products never wait for each other.
pub(crate) async fn lock_products(
    connection: &mut PgConnection,
    lines: &[StockLine],
) -> Result<Vec<ProductSnapshot>, sqlx::Error> {
    let ids: Vec<&str> = lines.iter().map(|line| line.product_id.as_str()).collect();
    let rows =
        sqlx::query("SELECT * FROM products WHERE product_id = ANY($1) ORDER BY product_id FOR UPDATE")
            .bind(ids)
            .fetch_all(connection)
            .await?;
    rows.iter().map(product).collect()
}

/// Adds `change` to the stock of a product, and gives the product as it is then; `None` when there is no
/// such product, or the stock would fall below 0.
pub(crate) async fn move_stock(
    connection: &mut PgConnection,
    product_id: &str,
    change: i64,
    now: DateTime<Utc>,
) -> Result<Option<ProductSnapshot>, sqlx::Error> {
    sqlx::query(
        "UPDATE products SET stock = stock + $2, changed_at = $3 \
         WHERE product_id = $1 AND stock + $2 >= 0 RETURNING *",
    )
    .bind(product_id)
    .bind(change)
    .bind(now)
    .fetch_optional(connection)
    .await?
    .as_ref()
    .map(product)
    .transpose()
}

/// The order's reservation, locked until the transaction ends.
pub(crate) async fn lock_reservation(
    connection: &mut PgConnection,
    order_id: OrderId,
) -> Result<Option<Reservation>, sqlx::Error> {
    sqlx::query("SELECT * FROM reservations WHERE order_id = $1 FOR UPDATE")
        .bind(order_id.to_string())
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(reservation)
        .transpose()
}

/// Writes the order's first reservation; false when it has one already.
pub(crate) async fn insert_reservation(
    connection: &mut PgConnection,
    reservation: &Reservation,
) -> Result<bool, sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO reservations (order_id, lines, outcome, reason, changed_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(reservation.order_id.to_string())
    .bind(Json(&reservation.lines))
    .bind(reservation.outcome.name())
    .bind(&reservation.reason)
    .bind(reservation.changed_at)
    .execute(connection)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Writes what became of a reservation that [`lock_reservation`] gave.
pub(crate) async fn save_outcome(
    connection: &mut PgConnection,
    reservation: &Reservation,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE reservations SET outcome = $2, changed_at = $3 WHERE order_id = $1")
        .bind(reservation.order_id.to_string())
        .bind(reservation.outcome.name())
        .bind(reservation.changed_at)
        .execute(connection)
        .await
        .map(|_| ())
}
