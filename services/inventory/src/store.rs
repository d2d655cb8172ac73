//! Products and reservations in PostgreSQL. Everything that a batch of events needs is read, locked and written
//! in one statement a table: reservations first and products second, each in the order of their ids, so that no
//! two transactions wait for each other.

use crate::domain::stock::Stock;
use crate::domain::{Outcome, Reservation};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, ProductSnapshot, StockLine};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{PgPool, Row};
use std::collections::BTreeSet;
use std::error::Error;

/// What is read of a product. Never `*`: a replica remembers what a statement gives, and a column that a later version
/// adds would break it.
macro_rules! product_columns {
    () => {
        "product_id, product_name, stock, unit_price, changed_at"
    };
}

/// What is read of a reservation.
macro_rules! reservation_columns {
    () => {
        "order_id, lines, outcome, reason, changed_at"
    };
}

fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn number(value: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn product(row: &PgRow) -> Result<ProductSnapshot, sqlx::Error> {
    let unit_price: Option<i64> = row.try_get("unit_price")?;
    Ok(ProductSnapshot {
        product_id: row.try_get("product_id")?,
        product_name: row.try_get("product_name")?,
        stock: decoding(u64::try_from(row.try_get::<i64, _>("stock")?))?,
        unit_price: decoding(unit_price.map(u64::try_from).transpose())?,
        changed_at: row.try_get("changed_at")?,
    })
}

fn reservation(row: &PgRow) -> Result<Reservation, sqlx::Error> {
    let outcome: &str = row.try_get("outcome")?;
    Ok(Reservation {
        order_id: decoding(row.try_get::<&str, _>("order_id")?.parse::<OrderId>())?,
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
    sqlx::query(concat!(
        "SELECT ",
        product_columns!(),
        " FROM products WHERE product_id = $1"
    ))
    .bind(product_id)
    .fetch_optional(pool)
    .await?
    .as_ref()
    .map(product)
    .transpose()
}

/// At most `limit` products by id, of those that come after the id `after`.
pub(crate) async fn list(
    pool: &PgPool,
    after: &str,
    limit: u32,
) -> Result<Vec<ProductSnapshot>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        product_columns!(),
        " FROM products WHERE product_id > $1 ORDER BY product_id LIMIT $2"
    ))
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(product).collect()
}

/// The reservations of `order_ids`, as far as they have one, and the products that those and `product_ids` name,
/// all locked until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    order_ids: &BTreeSet<OrderId>,
    mut product_ids: BTreeSet<String>,
) -> Result<Stock, sqlx::Error> {
    let order_ids: Vec<String> = order_ids.iter().map(OrderId::to_string).collect();
    let rows = sqlx::query(concat!(
        "SELECT ",
        reservation_columns!(),
        " FROM reservations WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE"
    ))
    .bind(order_ids)
    .fetch_all(&mut *connection)
    .await?;
    let mut stock = Stock::default();
    for row in &rows {
        let reservation = reservation(row)?;
        // What it holds is what it gives back, whatever the event says.
        product_ids.extend(reservation.lines.iter().map(|line| line.product_id.clone()));
        stock.reservations.insert(reservation.order_id, reservation);
    }
    let product_ids: Vec<String> = product_ids.into_iter().collect();
    for product in lock_products(connection, &product_ids).await? {
        stock.products.insert(product.product_id.clone(), product);
    }
    Ok(stock)
}

async fn lock_products(
    connection: &mut PgConnection,
    product_ids: &[String],
) -> Result<Vec<ProductSnapshot>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        product_columns!(),
        " FROM products WHERE product_id = ANY($1) ORDER BY product_id FOR UPDATE"
    ))
    .bind(product_ids)
    .fetch_all(connection)
    .await?;
    rows.iter().map(product).collect()
}

/// One product, locked until the transaction ends.
pub(crate) async fn lock_product(
    connection: &mut PgConnection,
    product_id: &str,
) -> Result<Option<ProductSnapshot>, sqlx::Error> {
    let products = lock_products(connection, &[product_id.to_owned()]).await?;
    Ok(products.into_iter().next())
}

/// Writes what differs between `before`, which [`lock`] gave, and `after`. False when another transaction made one
/// of the reservations first; this one has to be given up then.
pub(crate) async fn save(
    connection: &mut PgConnection,
    before: &Stock,
    after: &Stock,
) -> Result<bool, sqlx::Error> {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (order_id, reservation) in &after.reservations {
        match before.reservations.get(order_id) {
            None => new.push(reservation),
            Some(known) if known != reservation => changed.push(reservation),
            Some(_) => {}
        }
    }
    if !new.is_empty() && insert_reservations(connection, &new).await? != new.len() as u64 {
        return Ok(false);
    }
    if !changed.is_empty() {
        update_reservations(connection, &changed).await?;
    }
    let moved = |product: &&ProductSnapshot| before.products.get(&product.product_id) != Some(product);
    let products: Vec<_> = after.products.values().filter(moved).collect();
    if !products.is_empty() {
        update_products(connection, &products).await?;
    }
    Ok(true)
}

/// Writes first reservations, and gives how many: fewer when an order has one already.
async fn insert_reservations(
    connection: &mut PgConnection,
    reservations: &[&Reservation],
) -> Result<u64, sqlx::Error> {
    let (mut ids, mut lines, mut outcomes, mut reasons, mut times) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for reservation in reservations {
        ids.push(reservation.order_id.to_string());
        lines.push(Json(&reservation.lines));
        outcomes.push(reservation.outcome.name());
        reasons.push(reservation.reason.as_deref());
        times.push(reservation.changed_at);
    }
    let written = sqlx::query(
        "INSERT INTO reservations (order_id, lines, outcome, reason, changed_at) \
         SELECT * FROM unnest($1::text[], $2::jsonb[], $3::text[], $4::text[], $5::timestamptz[]) \
         ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(ids)
    .bind(lines)
    .bind(outcomes)
    .bind(reasons)
    .bind(times)
    .execute(connection)
    .await?;
    Ok(written.rows_affected())
}

/// Writes what became of locked reservations.
async fn update_reservations(
    connection: &mut PgConnection,
    reservations: &[&Reservation],
) -> Result<(), sqlx::Error> {
    let (mut ids, mut outcomes, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for reservation in reservations {
        ids.push(reservation.order_id.to_string());
        outcomes.push(reservation.outcome.name());
        times.push(reservation.changed_at);
    }
    sqlx::query(
        "UPDATE reservations SET outcome = new.outcome, changed_at = new.changed_at \
         FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS new (order_id, outcome, changed_at) \
         WHERE reservations.order_id = new.order_id",
    )
    .bind(ids)
    .bind(outcomes)
    .bind(times)
    .execute(connection)
    .await
    .map(drop)
}

/// Writes locked products as they are from now on.
pub(crate) async fn update_products(
    connection: &mut PgConnection,
    products: &[&ProductSnapshot],
) -> Result<(), sqlx::Error> {
    let (mut ids, mut names, mut stocks, mut prices, mut times) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for product in products {
        ids.push(product.product_id.as_str());
        names.push(product.product_name.as_str());
        stocks.push(number(product.stock)?);
        prices.push(product.unit_price.map(number).transpose()?);
        times.push(product.changed_at);
    }
    sqlx::query(
        "UPDATE products SET product_name = new.product_name, stock = new.stock, \
         unit_price = new.unit_price, changed_at = new.changed_at \
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[]) \
         AS new (product_id, product_name, stock, unit_price, changed_at) \
         WHERE products.product_id = new.product_id",
    )
    .bind(ids)
    .bind(names)
    .bind(stocks)
    .bind(prices)
    .bind(times)
    .execute(connection)
    .await
    .map(drop)
}

/// Writes a new product; false when there is one of its id already.
pub(crate) async fn insert_product(
    connection: &mut PgConnection,
    product: &ProductSnapshot,
) -> Result<bool, sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO products (product_id, product_name, stock, unit_price, changed_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (product_id) DO NOTHING",
    )
    .bind(&product.product_id)
    .bind(&product.product_name)
    .bind(number(product.stock)?)
    .bind(product.unit_price.map(number).transpose()?)
    .bind(product.changed_at)
    .execute(connection)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Whether new stock came before with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It comes for the first time.
    New,
    /// It came before, and as much of it.
    Again,
    /// The key came before with so many.
    OfOther(i64),
}

/// Notes that new stock came with `key` to a product that is locked.
pub(crate) async fn note_restock(
    connection: &mut PgConnection,
    product_id: &str,
    key: &str,
    qty: u32,
    now: DateTime<Utc>,
) -> Result<Arrival, sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO restocks (product_id, key, qty, restocked_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
    )
    .bind(product_id)
    .bind(key)
    .bind(i64::from(qty))
    .bind(now)
    .execute(&mut *connection)
    .await?;
    if written.rows_affected() == 1 {
        return Ok(Arrival::New);
    }
    let known: i64 = sqlx::query_scalar("SELECT qty FROM restocks WHERE product_id = $1 AND key = $2")
        .bind(product_id)
        .bind(key)
        .fetch_one(connection)
        .await?;
    Ok(if known == i64::from(qty) {
        Arrival::Again
    } else {
        Arrival::OfOther(known)
    })
}
