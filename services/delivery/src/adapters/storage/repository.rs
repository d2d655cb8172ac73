//! Queries and changes of many deliveries.

use super::overdue;
use super::row::{delivery, select};
use super::table::DeliveryTable;
use crate::application::ports::{DeliveryFilter, DeliveryRepository, Release, Step};
use crate::domain::Delivery;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::DeliveryState;
use fdp_storage::ledger::PgLedger;
use fdp_storage::{RepositoryError, database, uptime};
use std::time::Duration;

/// All deliveries in PostgreSQL.
#[derive(Debug)]
pub struct PgDeliveryRepository(pub PgLedger<DeliveryTable>);

#[async_trait]
impl DeliveryRepository for PgDeliveryRepository {
    async fn list(&self, filter: &DeliveryFilter, limit: u32) -> Result<Vec<Delivery>, RepositoryError> {
        // Two statements, because only those of a rider are few enough to be found by other indexes than that of the
        // newest.
        let statement = if filter.seen_by.is_some() {
            select!(
                "WHERE ($1::text IS NULL OR state = $1) \
                 AND ($2::text IS NULL OR rider_id = $2) AND ($3::text IS NULL OR (created_at, order_id) < \
                 (SELECT created_at, order_id FROM deliveries WHERE order_id = $3)) \
                 AND (rider_id = $5 OR (rider_id IS NULL AND offered_at IS NOT NULL \
                 AND state IN ('Requested', 'Ready', 'Departing', 'Started'))) \
                 ORDER BY created_at DESC, order_id DESC LIMIT $4"
            )
        } else {
            select!(
                "WHERE ($1::text IS NULL OR state = $1) \
                 AND ($2::text IS NULL OR rider_id = $2) AND ($3::text IS NULL OR (created_at, order_id) < \
                 (SELECT created_at, order_id FROM deliveries WHERE order_id = $3)) AND $5::text IS NULL \
                 ORDER BY created_at DESC, order_id DESC LIMIT $4"
            )
        };
        let deliveries = sqlx::query(statement)
            .bind(filter.state.map(DeliveryState::name))
            .bind(&filter.rider_id)
            .bind(filter.before.map(|order_id| order_id.to_string()))
            .bind(i64::from(limit))
            .bind(&filter.seen_by)
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

    async fn release_overdue(
        &self,
        silent_limit: Duration,
        limit: u32,
        release: Release<'_>,
    ) -> Result<Vec<Delivery>, RepositoryError> {
        let mut transaction = database::begin(self.0.pool()).await?;
        let (overdue, waited) = overdue::lock(&mut transaction, silent_limit, limit).await?;
        let step = |delivery: &Delivery| release(delivery, *waited.get(&delivery.parcel.order_id)?);
        Ok(self.0.advance_idle(transaction, &overdue, step).await?)
    }

    async fn tick(&self) -> Result<(), RepositoryError> {
        uptime::tick(self.0.pool()).await?;
        Ok(())
    }
}
