//! One row of the table `tickets`.

use crate::domain::Ticket;
use fdp_storage::rows::{decoded, parsed, unsigned};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

/// The columns of a ticket. Never `*`: connections cache prepared statements, and a column that a later version adds
/// would break them.
macro_rules! ticket_columns {
    () => {
        "order_id, store_id, customer_id, lines, amount, state, reason, notified_at, handed_over_at, \
         order_ended_at, placed_at, changed_at, CASE WHEN state = 'Received' THEN \
         clock_timestamp() + (accept_by - uptime_now()) * interval '1 millisecond' END AS accept_until, \
         (SELECT stores.pick_up_within_minutes FROM stores \
         WHERE stores.store_id = tickets.store_id) AS pick_up_within_minutes"
    };
}
pub(super) use ticket_columns;

/// A query of tickets.
macro_rules! select {
    ($which:literal) => {
        concat!("SELECT ", ticket_columns!(), " FROM tickets ", $which)
    };
}
pub(super) use select;

/// The ticket in a row.
pub(super) fn ticket(row: &PgRow) -> Result<Ticket, sqlx::Error> {
    let pick_up_within_minutes: Option<i64> = row.try_get("pick_up_within_minutes")?;
    Ok(Ticket {
        order_id: parsed(row, "order_id")?,
        store_id: row.try_get("store_id")?,
        customer_id: row.try_get("customer_id")?,
        lines: row.try_get::<Json<_>, _>("lines")?.0,
        amount: unsigned(row, "amount")?,
        state: parsed(row, "state")?,
        reason: row.try_get("reason")?,
        notified_at: row.try_get("notified_at")?,
        accept_until: row.try_get("accept_until")?,
        handed_over_at: row.try_get("handed_over_at")?,
        order_ended_at: row.try_get("order_ended_at")?,
        pick_up_within_minutes: decoded(pick_up_within_minutes.map(u32::try_from).transpose())?,
        placed_at: row.try_get("placed_at")?,
        changed_at: row.try_get("changed_at")?,
        happened: Vec::new(),
    })
}
