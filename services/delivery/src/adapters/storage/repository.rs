//! Queries and changes of many deliveries.

use super::row::{delivery, select};
use super::table::DeliveryTable;
use crate::application::ports::{DeliveryFilter, DeliveryRepository, Step};
use crate::domain::Delivery;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::DeliveryState;
use fdp_storage::ledger::PgLedger;
use fdp_storage::{RepositoryError, database};

/// All deliveries in PostgreSQL.
#[derive(Debug)]
pub struct PgDeliveryRepository(pub PgLedger<DeliveryTable>);

#[async_trait]
impl DeliveryRepository for PgDeliveryRepository {
    async fn list(&self, filter: &DeliveryFilter, limit: u32) -> Result<Vec<Delivery>, RepositoryError> {
        let deliveries = sqlx::query(select!(
            "WHERE ($1::text IS NULL OR state = $1) \
             AND ($2::text IS NULL OR rider_id = $2) AND ($3::text IS NULL OR (created_at, order_id) < \
             (SELECT created_at, order_id FROM deliveries WHERE order_id = $3)) \
             ORDER BY created_at DESC, order_id DESC LIMIT $4"
        ))
        .bind(filter.state.map(DeliveryState::name))
        .bind(&filter.rider_id)
        .bind(filter.before.map(|order_id| order_id.to_string()))
        .bind(i64::from(limit))
        .try_map(|row| delivery(&row))
        .fetch_all(self.0.pool())
        .await?;
        Ok(deliveries)
    }

    async fn advance_idle(
        &self,
        idle_since: DateTime<Utc>,
        limit: u32,
        step: Step<'_>,
    ) -> Result<Vec<Delivery>, RepositoryError> {
        let mut transaction = database::begin(self.0.pool()).await?;
        let idle = sqlx::query(select!(
            "WHERE state IN ('Ready', 'Started') AND changed_at <= $1 \
             ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED"
        ))
        .bind(idle_since)
        .bind(i64::from(limit))
        .try_map(|row| delivery(&row))
        .fetch_all(&mut *transaction)
        .await?;
        Ok(self.0.advance_idle(transaction, &idle, step).await?)
    }
}
