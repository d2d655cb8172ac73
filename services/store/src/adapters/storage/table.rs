//! The table `tickets`, as the kit's ledger reads and writes it.

use super::row::{ticket, ticket_columns};
use super::values::encoding;
use crate::domain::{Ticket, state_name};
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_kit::ledger::Table;
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
        // Only events make tickets, and none of them cooks food: the other columns are empty.
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
