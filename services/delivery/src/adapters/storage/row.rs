//! One row of the table `deliveries`.

use crate::domain::{Delivery, Parcel, Position};
use fdp_contracts::{DeliveryId, DeliveryState, OrderId};
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::error::Error;

/// The columns of a delivery. Never `*`: connections cache prepared statements, and a column that a later version adds
/// would break them.
macro_rules! columns {
    () => {
        "order_id, delivery_id, customer_id, store_id, state, rider_id, latitude, longitude, located_at, \
         created_at, changed_at"
    };
}
pub(super) use columns;

fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn state(name: &str) -> Result<DeliveryState, NameError> {
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    DeliveryState::deserialize(name)
}

/// The delivery in a row.
pub(super) fn delivery(row: &PgRow) -> Result<Delivery, sqlx::Error> {
    Ok(Delivery {
        delivery_id: decoding(row.try_get::<&str, _>("delivery_id")?.parse::<DeliveryId>())?,
        parcel: Parcel {
            order_id: decoding(row.try_get::<&str, _>("order_id")?.parse::<OrderId>())?,
            customer_id: row.try_get("customer_id")?,
            store_id: row.try_get("store_id")?,
        },
        state: decoding(state(row.try_get("state")?))?,
        rider_id: row.try_get("rider_id")?,
        position: position(row)?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}

fn position(row: &PgRow) -> Result<Option<Position>, sqlx::Error> {
    let Some(at) = row.try_get("located_at")? else {
        return Ok(None);
    };
    let position = Position::new(row.try_get("latitude")?, row.try_get("longitude")?, at);
    decoding(position).map(Some)
}
