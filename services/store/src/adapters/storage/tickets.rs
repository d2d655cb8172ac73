//! The repository of tickets: queries and changes of many.

use super::history;
use super::row::{select, ticket, ticket_columns};
use super::stores;
use super::table::TicketTable;
use crate::application::ports::{IsClosed, Step, TicketFilter, TicketRepository};
use crate::domain::{HistoryEntry, Ticket};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, TicketState};
use fdp_storage::ledger::PgLedger;
use fdp_storage::{RepositoryError, database, uptime};

/// All tickets in PostgreSQL.
#[derive(Debug)]
pub struct PgTicketRepository(pub PgLedger<TicketTable>);

#[async_trait]
impl TicketRepository for PgTicketRepository {
    async fn list(
        &self,
        store_id: &str,
        filter: &TicketFilter,
        limit: u32,
    ) -> Result<Vec<Ticket>, RepositoryError> {
        let tickets = sqlx::query(select!(
            "WHERE store_id = $1 AND ($2::text IS NULL OR state = $2) \
             AND ($3::text IS NULL OR (placed_at, order_id) < \
             (SELECT placed_at, order_id FROM tickets WHERE order_id = $3)) \
             ORDER BY placed_at DESC, order_id DESC LIMIT $4"
        ))
        .bind(store_id)
        .bind(filter.state.map(TicketState::name))
        .bind(filter.before.map(|order_id| order_id.to_string()))
        .bind(i64::from(limit))
        .try_map(|row| ticket(&row))
        .fetch_all(self.0.pool())
        .await?;
        Ok(tickets)
    }

    async fn advance_idle(
        &self,
        idle_since: DateTime<Utc>,
        limit: u32,
        is_closed: IsClosed<'_>,
        step: Step<'_>,
    ) -> Result<Vec<Ticket>, RepositoryError> {
        let mut transaction = database::begin(self.0.pool()).await?;
        let closed = stores::closed(&mut transaction, is_closed).await?;
        let idle = sqlx::query(select!(
            "WHERE state IN ('Received', 'Accepted', 'CookingStarted') AND changed_at <= $1 \
             AND NOT (state = 'Received' AND store_id = ANY($2)) \
             ORDER BY changed_at LIMIT $3 FOR UPDATE SKIP LOCKED"
        ))
        .bind(idle_since)
        .bind(closed)
        .bind(i64::from(limit))
        .try_map(|row| ticket(&row))
        .fetch_all(&mut *transaction)
        .await?;
        Ok(self.0.advance_idle(transaction, &idle, step).await?)
    }

    async fn tick(&self) -> Result<(), RepositoryError> {
        uptime::tick(self.0.pool()).await?;
        Ok(())
    }

    async fn advance_overdue(&self, limit: u32, step: Step<'_>) -> Result<Vec<Ticket>, RepositoryError> {
        let mut transaction = database::begin(self.0.pool()).await?;
        let now = uptime::now(&mut *transaction).await?;
        let overdue = sqlx::query(select!(
            "WHERE state = 'Received' AND accept_by <= $1 ORDER BY accept_by LIMIT $2 FOR UPDATE SKIP LOCKED"
        ))
        .bind(now)
        .bind(i64::from(limit))
        .try_map(|row| ticket(&row))
        .fetch_all(&mut *transaction)
        .await?;
        Ok(self.0.advance_idle(transaction, &overdue, step).await?)
    }

    async fn history(
        &self,
        store_id: &str,
        order_id: OrderId,
    ) -> Result<Option<Vec<HistoryEntry>>, RepositoryError> {
        Ok(history::find(self.0.pool(), store_id, order_id).await?)
    }
}
