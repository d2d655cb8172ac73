//! One row of the table `tickets`.

use super::values::decoding;
use crate::domain::Ticket;
use fdp_contracts::{OrderId, TicketState};
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

/// The columns of a ticket. Never `*`: connections cache prepared statements, and a column that a later version adds
/// would break them.
macro_rules! ticket_columns {
    () => {
        "order_id, store_id, customer_id, lines, amount, state, reason, notified_at, handed_over_at, \
         order_ended_at, placed_at, changed_at"
    };
}
pub(super) use ticket_columns;

fn state(name: &str) -> Result<TicketState, NameError> {
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    TicketState::deserialize(name)
}

/// The ticket in a row.
pub(super) fn ticket(row: &PgRow) -> Result<Ticket, sqlx::Error> {
    Ok(Ticket {
        order_id: decoding(row.try_get::<&str, _>("order_id")?.parse::<OrderId>())?,
        store_id: row.try_get("store_id")?,
        customer_id: row.try_get("customer_id")?,
        lines: row.try_get::<Json<_>, _>("lines")?.0,
        amount: decoding(u64::try_from(row.try_get::<i64, _>("amount")?))?,
        state: decoding(state(row.try_get("state")?))?,
        reason: row.try_get("reason")?,
        notified_at: row.try_get("notified_at")?,
        handed_over_at: row.try_get("handed_over_at")?,
        order_ended_at: row.try_get("order_ended_at")?,
        placed_at: row.try_get("placed_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}
