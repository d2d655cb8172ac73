//! Tickets in PostgreSQL.

/// What is read of a ticket. Never `*`: a replica remembers what a statement gives, and a column that a later version
/// adds would break it.
macro_rules! ticket_columns {
    () => {
        "order_id, store_id, customer_id, lines, amount, state, reason, notified_at, handed_over_at, \
         order_ended_at, placed_at, changed_at"
    };
}

pub(crate) mod changes;
pub(crate) mod places;

use crate::domain::{Ticket, state_name};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, TicketState};
use fdp_kit::ledger::Table;
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{PgPool, Row};
use std::error::Error;

fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn encoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn state(name: &str) -> Result<TicketState, NameError> {
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    TicketState::deserialize(name)
}

fn ticket(row: &PgRow) -> Result<Ticket, sqlx::Error> {
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

/// The store's newest tickets, of one state or of all, of orders placed before another one or of all.
pub(crate) async fn list(
    pool: &PgPool,
    store_id: &str,
    state: Option<TicketState>,
    before: Option<OrderId>,
    limit: u32,
) -> Result<Vec<Ticket>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        ticket_columns!(),
        " FROM tickets WHERE store_id = $1 AND ($2::text IS NULL OR state = $2) \
         AND ($3::text IS NULL OR (placed_at, order_id) < \
         (SELECT placed_at, order_id FROM tickets WHERE order_id = $3)) \
         ORDER BY placed_at DESC, order_id DESC LIMIT $4",
    ))
    .bind(store_id)
    .bind(state.map(state_name))
    .bind(before.map(|order_id| order_id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(ticket).collect()
}

/// At most `limit` tickets that are under way and have not changed since `before`, locked until the transaction ends.
/// Those that another replica has locked are left to it, and those that just came in to `closed` stores wait.
pub(crate) async fn lock_idle(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    closed: &[String],
    limit: u32,
) -> Result<Vec<Ticket>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        ticket_columns!(),
        " FROM tickets WHERE state IN ('Received', 'Accepted', 'CookingStarted') AND changed_at <= $1 \
         AND NOT (state = 'Received' AND store_id = ANY($2)) \
         ORDER BY changed_at LIMIT $3 FOR UPDATE SKIP LOCKED",
    ))
    .bind(before)
    .bind(closed)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.iter().map(ticket).collect()
}

/// The table `tickets`.
#[derive(Debug)]
pub struct TicketTable;

#[async_trait]
impl Table for TicketTable {
    type Aggregate = Ticket;

    fn order_id(ticket: &Ticket) -> OrderId {
        ticket.order_id
    }

    async fn lock(connection: &mut PgConnection, order_ids: &[OrderId]) -> Result<Vec<Ticket>, sqlx::Error> {
        let order_ids: Vec<String> = order_ids.iter().map(OrderId::to_string).collect();
        let rows = sqlx::query(concat!(
            "SELECT ",
            ticket_columns!(),
            " FROM tickets WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE"
        ))
        .bind(order_ids)
        .fetch_all(connection)
        .await?;
        rows.iter().map(ticket).collect()
    }

    async fn insert(connection: &mut PgConnection, tickets: &[&Ticket]) -> Result<u64, sqlx::Error> {
        let (mut ids, mut stores, mut customers, mut lines, mut amounts) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut states, mut reasons, mut notified, mut placed, mut changed) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        // News alone makes tickets, and none of it cooks food.
        for ticket in tickets {
            ids.push(ticket.order_id.to_string());
            stores.push(ticket.store_id.as_str());
            customers.push(ticket.customer_id.as_str());
            lines.push(Json(&ticket.lines));
            amounts.push(encoding(i64::try_from(ticket.amount))?);
            states.push(state_name(ticket.state));
            reasons.push(ticket.reason.as_deref());
            notified.push(ticket.notified_at);
            placed.push(ticket.placed_at);
            changed.push(ticket.changed_at);
        }
        let written = sqlx::query(
            "INSERT INTO tickets (order_id, store_id, customer_id, lines, amount, state, reason, notified_at, \
             placed_at, changed_at) \
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::bigint[], $6::text[], \
             $7::text[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[]) \
             ON CONFLICT (order_id) DO NOTHING",
        )
        .bind(ids)
        .bind(stores)
        .bind(customers)
        .bind(lines)
        .bind(amounts)
        .bind(states)
        .bind(reasons)
        .bind(notified)
        .bind(placed)
        .bind(changed)
        .execute(connection)
        .await?;
        Ok(written.rows_affected())
    }

    async fn update(connection: &mut PgConnection, tickets: &[&Ticket]) -> Result<(), sqlx::Error> {
        let (mut ids, mut states, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
        let (mut handed_over, mut ended, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for ticket in tickets {
            ids.push(ticket.order_id.to_string());
            states.push(state_name(ticket.state));
            reasons.push(ticket.reason.as_deref());
            handed_over.push(ticket.handed_over_at);
            ended.push(ticket.order_ended_at);
            changed.push(ticket.changed_at);
        }
        sqlx::query(
            "UPDATE tickets SET state = new.state, reason = new.reason, handed_over_at = new.handed_over_at, \
             order_ended_at = new.order_ended_at, changed_at = new.changed_at, \
             changed_in = pg_current_xact_id()::text::bigint \
             FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], \
             $6::timestamptz[]) AS new (order_id, state, reason, handed_over_at, order_ended_at, changed_at) \
             WHERE tickets.order_id = new.order_id",
        )
        .bind(ids)
        .bind(states)
        .bind(reasons)
        .bind(handed_over)
        .bind(ended)
        .bind(changed)
        .execute(connection)
        .await
        .map(drop)
    }

    async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Ticket>, sqlx::Error> {
        sqlx::query(concat!(
            "SELECT ",
            ticket_columns!(),
            " FROM tickets WHERE order_id = $1"
        ))
        .bind(order_id.to_string())
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(ticket)
        .transpose()
    }
}
