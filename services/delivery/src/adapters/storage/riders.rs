//! Changes of one delivery by commands: a rider's deliveries are counted while nobody gives him another one.

use super::history;
use super::table::DeliveryTable;
use crate::application::ports::{Decide, DeliveryLedger};
use crate::domain::{CommandError, Delivery, HistoryEntry};
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::database;
use fdp_storage::ledger::{Decided, Ledger, LedgerError, PgLedger};
use fdp_storage::rows::decoded;
use sqlx::postgres::PgConnection;
use std::sync::{Mutex, PoisonError};

/// Deliveries in PostgreSQL.
#[derive(Debug)]
pub struct PgDeliveryLedger(pub PgLedger<DeliveryTable>);

#[async_trait]
impl DeliveryLedger for PgDeliveryLedger {
    async fn change(
        &self,
        order_id: OrderId,
        taker: Option<&str>,
        decide: Decide<'_>,
    ) -> Result<Result<Decided<Delivery>, CommandError>, LedgerError> {
        loop {
            let mut transaction = database::begin(self.0.pool()).await?;
            // The rider is always locked before the delivery, so that two transactions never deadlock.
            let others = match taker {
                Some(rider_id) => others_of(&mut transaction, rider_id, order_id).await?,
                None => 0,
            };
            let rejection = Mutex::new(None);
            let last = |present: Option<&Delivery>| {
                decide(present, others).unwrap_or_else(|error| {
                    *rejection.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    None
                })
            };
            let decided = self.0.change_in(transaction, order_id, &last).await?;
            if let Some(error) = rejection.into_inner().unwrap_or_else(PoisonError::into_inner) {
                return Ok(Err(error));
            }
            if let Some(decided) = decided {
                return Ok(Ok(decided));
            }
        }
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Delivery>, LedgerError> {
        self.0.find(order_id).await
    }

    async fn history(&self, order_id: OrderId) -> Result<Vec<HistoryEntry>, LedgerError> {
        Ok(history::of(self.0.pool(), order_id).await?)
    }

    async fn hear_from(&self, rider_id: &str) -> Result<(), LedgerError> {
        // The clock of waits goes on about once a second: a rider who tells more often writes nothing.
        sqlx::query(
            "INSERT INTO riders (rider_id, heard_ms) VALUES ($1, uptime_now()) ON CONFLICT (rider_id) \
             DO UPDATE SET heard_ms = excluded.heard_ms WHERE riders.heard_ms < excluded.heard_ms",
        )
        .bind(rider_id)
        .execute(self.0.pool())
        .await?;
        Ok(())
    }
}

/// How many deliveries a rider has that have not ended, without that of `order_id`. Until the transaction ends, other
/// transactions that give him one wait here.
async fn others_of(
    connection: &mut PgConnection,
    rider_id: &str,
    order_id: OrderId,
) -> Result<u32, sqlx::Error> {
    // A statement of its own: a statement sees what was committed before it began, not what it has waited for.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(rider_id)
        .execute(&mut *connection)
        .await?;
    let others: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM deliveries WHERE rider_id = $1 AND order_id <> $2 \
         AND state IN ('Requested', 'Ready', 'Departing', 'Started')",
    )
    .bind(rider_id)
    .bind(order_id.to_string())
    .fetch_one(connection)
    .await?;
    decoded(others.try_into())
}
