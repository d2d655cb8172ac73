//! Queries and changes of many deliveries.

use super::row::{columns, delivery};
use super::table::DeliveryTable;
use crate::application::ports::{DeliveryFilter, DeliveryRepository, RepositoryError, Step};
use crate::domain::{Delivery, state_name};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_kit::database;
use fdp_kit::ledger::PgLedger;
use sqlx::PgConnection;

/// All deliveries in PostgreSQL.
#[derive(Debug)]
pub struct PgDeliveryRepository {
    ledger: PgLedger<DeliveryTable>,
}

impl PgDeliveryRepository {
    /// The deliveries of `ledger`.
    pub fn new(ledger: PgLedger<DeliveryTable>) -> Self {
        Self { ledger }
    }
}

impl From<sqlx::Error> for RepositoryError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}

#[async_trait]
impl DeliveryRepository for PgDeliveryRepository {
    async fn list(&self, filter: &DeliveryFilter, limit: u32) -> Result<Vec<Delivery>, RepositoryError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM deliveries WHERE ($1::text IS NULL OR state = $1) \
             AND ($2::text IS NULL OR rider_id = $2) AND ($3::text IS NULL OR (created_at, order_id) < \
             (SELECT created_at, order_id FROM deliveries WHERE order_id = $3)) \
             ORDER BY created_at DESC, order_id DESC LIMIT $4",
        ))
        .bind(filter.state.map(state_name))
        .bind(&filter.rider_id)
        .bind(filter.before.map(|order_id| order_id.to_string()))
        .bind(i64::from(limit))
        .fetch_all(self.ledger.pool())
        .await?;
        Ok(rows.iter().map(delivery).collect::<Result<_, _>>()?)
    }

    async fn advance_idle(
        &self,
        idle_since: DateTime<Utc>,
        limit: u32,
        step: Step<'_>,
    ) -> Result<Vec<Delivery>, RepositoryError> {
        let mut transaction = database::begin(self.ledger.pool()).await?;
        let idle = lock_idle(&mut transaction, idle_since, limit).await?;
        Ok(self.ledger.move_on(transaction, &idle, step).await?)
    }
}

/// At most `limit` deliveries that wait for a rider and have not changed since `idle_since`, locked until the
/// transaction ends. Those that another replica has locked are left to it.
async fn lock_idle(
    connection: &mut PgConnection,
    idle_since: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Delivery>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM deliveries WHERE state IN ('Ready', 'Started') AND changed_at <= $1 \
         ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    ))
    .bind(idle_since)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.iter().map(delivery).collect()
}
