//! One row of the table `deliveries`.

use crate::domain::{Delivery, Parcel, Position};
use fdp_storage::rows::{decoded, parsed, unsigned};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

/// A query of deliveries. Never `*`: connections cache prepared statements, and a column that a later version adds
/// would break them.
macro_rules! select {
    ($which:literal) => {
        select!("", $which)
    };
    // With more columns, each after a comma.
    ($more:literal, $which:literal) => {
        concat!(
            "SELECT order_id, delivery_id, customer_id, store_id, state, offered_at, rider_id, latitude, longitude, \
             located_at, pick_up_within_minutes, created_at, changed_at",
            $more,
            " FROM deliveries ",
            $which
        )
    };
}
pub(super) use select;

/// The delivery in a row.
pub(super) fn delivery(row: &PgRow) -> Result<Delivery, sqlx::Error> {
    Ok(Delivery {
        delivery_id: parsed(row, "delivery_id")?,
        parcel: Parcel {
            order_id: parsed(row, "order_id")?,
            customer_id: row.try_get("customer_id")?,
            store_id: row.try_get("store_id")?,
        },
        state: parsed(row, "state")?,
        offered_at: row.try_get("offered_at")?,
        rider_id: row.try_get("rider_id")?,
        position: position(row)?,
        pick_up_within_minutes: unsigned(row, "pick_up_within_minutes")?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
        happened: Vec::new(),
    })
}

fn position(row: &PgRow) -> Result<Option<Position>, sqlx::Error> {
    let Some(at) = row.try_get("located_at")? else {
        return Ok(None);
    };
    let position = Position::new(row.try_get("latitude")?, row.try_get("longitude")?, at);
    decoded(position).map(Some)
}
