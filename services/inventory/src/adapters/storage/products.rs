//! The table `products`. Products are locked in the order of their ids, so that two transactions never wait for each
//! other.

use super::values::{decoding, number};
use fdp_contracts::ProductSnapshot;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgPool, Row};

/// The columns of a product. Never `*`: connections cache prepared statements, and a column that a later version adds
/// would break them.
macro_rules! product_columns {
    () => {
        "product_id, product_name, stock, unit_price, changed_at"
    };
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

/// One product, if it exists.
pub(super) async fn find(pool: &PgPool, product_id: &str) -> Result<Option<ProductSnapshot>, sqlx::Error> {
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

/// At most `limit` products in the order of their ids, starting behind the id `after`.
pub(super) async fn list(
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

/// Those that exist of `product_ids`, locked until the transaction ends.
pub(super) async fn lock(
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
pub(super) async fn lock_one(
    connection: &mut PgConnection,
    product_id: &str,
) -> Result<Option<ProductSnapshot>, sqlx::Error> {
    let products = lock(connection, &[product_id.to_owned()]).await?;
    Ok(products.into_iter().next())
}

/// Writes the new form of locked products.
pub(super) async fn update(
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

/// Inserts a product; `false` if its id exists already.
pub(super) async fn insert(
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
