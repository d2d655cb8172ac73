//! The delivery service's ledger in the simulation, where no rider has a name, and none has too much to do.

use async_trait::async_trait;
use delivery::application::ports::{Decide, DeliveryLedger};
use delivery::domain::{CommandError, Delivery, HistoryEntry};
use fdp_contracts::OrderId;
use fdp_storage::ledger::{Decided, Ledger, LedgerError};
use std::sync::Arc;

/// A [`DeliveryLedger`] whose deliveries are those of a simulated ledger.
pub struct CommandedDeliveries(pub Arc<dyn Ledger<Delivery>>);

#[async_trait]
impl DeliveryLedger for CommandedDeliveries {
    async fn change(
        &self,
        order_id: OrderId,
        _taker: Option<&str>,
        decide: Decide<'_>,
    ) -> Result<Result<Decided<Delivery>, CommandError>, LedgerError> {
        self.0.decide(order_id, |present| decide(present, 0)).await
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Delivery>, LedgerError> {
        self.0.find(order_id).await
    }

    /// A simulated delivery keeps all that has ever happened to it.
    async fn history(&self, order_id: OrderId) -> Result<Vec<HistoryEntry>, LedgerError> {
        let delivery = self.0.find(order_id).await?;
        Ok(delivery.map_or_else(Vec::new, |delivery| delivery.happened))
    }

    async fn hear_from(&self, _rider_id: &str) -> Result<(), LedgerError> {
        Ok(())
    }
}
