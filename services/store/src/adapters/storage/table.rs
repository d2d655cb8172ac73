//! The table `tickets`, as the kit's ledger reads and writes it.

use super::history;
use super::row::{select, ticket, ticket_columns};
use crate::domain::Ticket;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::ledger::Table;
use fdp_storage::rows::{column, number};
use sqlx::PgPool;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;

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
        sqlx::query(select!("WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE"))
            .bind(column(order_ids, OrderId::to_string))
            .try_map(|row| ticket(&row))
            .fetch_all(connection)
            .await
    }

    /// Only events create tickets, and a new ticket has no cooked food: the columns that this omits stay empty, but for the
    /// deadline, which the database sets for replicas of every release.
    async fn insert(connection: &mut PgConnection, tickets: &[&Ticket]) -> Result<u64, sqlx::Error> {
        let amounts = tickets.iter().map(|ticket| number(ticket.amount));
        let written = sqlx::query(
            "INSERT INTO tickets (order_id, store_id, customer_id, lines, amount, state, reason, notified_at, \
             placed_at, changed_at) \
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::bigint[], $6::text[], \
             $7::text[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[]) \
             ON CONFLICT (order_id) DO NOTHING",
        )
        .bind(column(tickets, |ticket| ticket.order_id.to_string()))
        .bind(column(tickets, |ticket| ticket.store_id.as_str()))
        .bind(column(tickets, |ticket| ticket.customer_id.as_str()))
        .bind(column(tickets, |ticket| Json(&ticket.lines)))
        .bind(amounts.collect::<Result<Vec<_>, _>>()?)
        .bind(column(tickets, |ticket| ticket.state.name()))
        .bind(column(tickets, |ticket| ticket.reason.as_deref()))
        .bind(column(tickets, |ticket| ticket.notified_at))
        .bind(column(tickets, |ticket| ticket.placed_at))
        .bind(column(tickets, |ticket| ticket.changed_at))
        .execute(&mut *connection)
        .await?;
        // Otherwise the caller rolls back.
        if written.rows_affected() == tickets.len() as u64 {
            history::append(connection, tickets).await?;
        }
        Ok(written.rows_affected())
    }

    async fn update(connection: &mut PgConnection, tickets: &[&Ticket]) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE tickets SET state = new.state, reason = new.reason, handed_over_at = new.handed_over_at, \
             order_ended_at = new.order_ended_at, changed_at = new.changed_at, \
             changed_in = pg_current_xact_id()::text::bigint \
             FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], \
             $6::timestamptz[]) AS new (order_id, state, reason, handed_over_at, order_ended_at, changed_at) \
             WHERE tickets.order_id = new.order_id",
        )
        .bind(column(tickets, |ticket| ticket.order_id.to_string()))
        .bind(column(tickets, |ticket| ticket.state.name()))
        .bind(column(tickets, |ticket| ticket.reason.as_deref()))
        .bind(column(tickets, |ticket| ticket.handed_over_at))
        .bind(column(tickets, |ticket| ticket.order_ended_at))
        .bind(column(tickets, |ticket| ticket.changed_at))
        .execute(&mut *connection)
        .await?;
        history::append(connection, tickets).await
    }

    async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Ticket>, sqlx::Error> {
        sqlx::query(select!("WHERE order_id = $1"))
            .bind(order_id.to_string())
            .try_map(|row| ticket(&row))
            .fetch_optional(pool)
            .await
    }
}
