//! The port of the use cases that read or change many deliveries. The storage adapter implements it; a single delivery
//! is changed through the kit's `Ledger`.

use crate::domain::Delivery;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryState, OrderId};
use fdp_storage::RepositoryError;
use fdp_storage::ledger::Change;
use std::fmt;

/// Which deliveries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Only those of this rider.
    pub rider_id: Option<String>,
    /// Only those that were created before the delivery of this order.
    pub before: Option<OrderId>,
}

/// The change of a delivery that advances by itself; `None` leaves it as it is.
pub type Step<'a> = &'a (dyn Fn(&Delivery) -> Option<Change<Delivery>> + Send + Sync);

/// All deliveries.
#[async_trait]
pub trait DeliveryRepository: fmt::Debug + Send + Sync + 'static {
    /// The newest deliveries that pass `filter`, at most `limit`.
    async fn list(&self, filter: &DeliveryFilter, limit: u32) -> Result<Vec<Delivery>, RepositoryError>;

    /// Applies `step` to at most `limit` deliveries that wait for a rider and have not changed since `idle_since`, in
    /// one transaction; returns those that changed. Deliveries that another replica has locked are left to it.
    async fn advance_idle(
        &self,
        idle_since: DateTime<Utc>,
        limit: u32,
        step: Step<'_>,
    ) -> Result<Vec<Delivery>, RepositoryError>;
}
