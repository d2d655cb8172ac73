//! The table `delivery_history`: who did what with a delivery, when and why.

use crate::domain::{Delivery, HistoryEntry};
use fdp_contracts::OrderId;
use fdp_storage::rows::column;
use sqlx::postgres::PgConnection;
use sqlx::{PgPool, Row as _};

/// Appends what has happened to `deliveries` since they were read.
pub(super) async fn append(
    connection: &mut PgConnection,
    deliveries: &[&Delivery],
) -> Result<(), sqlx::Error> {
    let entries: Vec<(OrderId, &HistoryEntry)> = deliveries
        .iter()
        .flat_map(|delivery| {
            let order_id = delivery.parcel.order_id;
            delivery.happened.iter().map(move |entry| (order_id, entry))
        })
        .collect();
    if entries.is_empty() {
        return Ok(());
    }
    // In the order of their numbers.
    sqlx::query(
        "INSERT INTO delivery_history (order_id, at, what, by, rider_id, reason) \
         SELECT order_id, at, what, by, rider_id, reason FROM unnest($1::text[], $2::timestamptz[], $3::text[], \
         $4::text[], $5::text[], $6::text[]) WITH ORDINALITY \
         AS new (order_id, at, what, by, rider_id, reason, number) ORDER BY number",
    )
    .bind(column(&entries, |(order_id, _)| order_id.to_string()))
    .bind(column(&entries, |(_, entry)| entry.at))
    .bind(column(&entries, |(_, entry)| entry.what.as_str()))
    .bind(column(&entries, |(_, entry)| entry.by.as_str()))
    .bind(column(&entries, |(_, entry)| entry.rider_id.as_deref()))
    .bind(column(&entries, |(_, entry)| entry.reason.as_deref()))
    .execute(connection)
    .await
    .map(drop)
}

/// The history of the delivery of an order, the oldest entry first.
pub(super) async fn of(pool: &PgPool, order_id: OrderId) -> Result<Vec<HistoryEntry>, sqlx::Error> {
    sqlx::query(
        "SELECT at, what, by, rider_id, reason FROM delivery_history WHERE order_id = $1 ORDER BY entry_id",
    )
    .bind(order_id.to_string())
    .try_map(|row: sqlx::postgres::PgRow| {
        Ok(HistoryEntry {
            at: row.try_get("at")?,
            what: row.try_get("what")?,
            by: row.try_get("by")?,
            rider_id: row.try_get("rider_id")?,
            reason: row.try_get("reason")?,
        })
    })
    .fetch_all(pool)
    .await
}
