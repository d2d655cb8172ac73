//! The table `products`. Products are locked in the order of their ids, so that two transactions never deadlock.

use fdp_contracts::ProductSnapshot;
use fdp_storage::rows::{column, maybe_unsigned, number, unsigned};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

/// A query of products. Never `*`: connections cache prepared statements, and a column that a later version adds would
/// break them.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT product_id, store_id, product_name, stock, unit_price, changed_at FROM products ",
            $which
        )
    };
}
pub(super) use select;

/// The product in a row.
pub(super) fn product(row: &PgRow) -> Result<ProductSnapshot, sqlx::Error> {
    Ok(ProductSnapshot {
        product_id: row.try_get("product_id")?,
        store_id: row.try_get("store_id")?,
        product_name: row.try_get("product_name")?,
        stock: unsigned(row, "stock")?,
        unit_price: maybe_unsigned(row, "unit_price")?,
        changed_at: row.try_get("changed_at")?,
    })
}

/// The existing products of `product_ids`, locked until the transaction ends.
pub(super) async fn lock(
    connection: &mut PgConnection,
    product_ids: &[String],
) -> Result<Vec<ProductSnapshot>, sqlx::Error> {
    sqlx::query(select!(
        "WHERE product_id = ANY($1) ORDER BY product_id FOR UPDATE"
    ))
    .bind(product_ids)
    .try_map(|row| product(&row))
    .fetch_all(connection)
    .await
}

/// Updates locked products.
pub(super) async fn update(
    connection: &mut PgConnection,
    products: &[&ProductSnapshot],
) -> Result<(), sqlx::Error> {
    let stocks = products.iter().map(|product| number(product.stock));
    let prices = products
        .iter()
        .map(|product| product.unit_price.map(number).transpose());
    sqlx::query(
        "UPDATE products SET product_name = new.product_name, stock = new.stock, \
         unit_price = new.unit_price, changed_at = new.changed_at \
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[]) \
         AS new (product_id, product_name, stock, unit_price, changed_at) \
         WHERE products.product_id = new.product_id",
    )
    .bind(column(products, |product| product.product_id.as_str()))
    .bind(column(products, |product| product.product_name.as_str()))
    .bind(stocks.collect::<Result<Vec<_>, _>>()?)
    .bind(prices.collect::<Result<Vec<_>, _>>()?)
    .bind(column(products, |product| product.changed_at))
    .execute(connection)
    .await
    .map(drop)
}
