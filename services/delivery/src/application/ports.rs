//! The ports of the use cases to the database; the storage adapter implements them. Events change deliveries through the
//! kit's inbox.

use crate::domain::{CommandError, Delivery, HistoryEntry, Waited};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryState, OrderId};
use fdp_storage::RepositoryError;
use fdp_storage::ledger::{Change, Decided, LedgerError};
use std::fmt;
use std::time::Duration;

/// A decision about the delivery of an order, if there is one, and about how many others that have not ended its taker
/// has. It has to be pure, because it may be called more than once.
pub type Decide<'a> =
    &'a (dyn Fn(Option<&Delivery>, u32) -> Result<Option<Change<Delivery>>, CommandError> + Send + Sync);

/// Deliveries, one per order. Each change is in one transaction with its history and the events that announce it.
#[async_trait]
pub trait DeliveryLedger: Send + Sync + 'static {
    /// Changes the delivery of an order with `decide`. If a rider is to take it on, `taker`, no other transaction gives him
    /// one meanwhile.
    async fn change(
        &self,
        order_id: OrderId,
        taker: Option<&str>,
        decide: Decide<'_>,
    ) -> Result<Result<Decided<Delivery>, CommandError>, LedgerError>;

    /// The delivery of an order.
    async fn find(&self, order_id: OrderId) -> Result<Option<Delivery>, LedgerError>;

    /// What has happened to the delivery of an order, the oldest first.
    async fn history(&self, order_id: OrderId) -> Result<Vec<HistoryEntry>, LedgerError>;

    /// Keeps that a rider is not silent.
    async fn hear_from(&self, rider_id: &str) -> Result<(), LedgerError>;
}

/// Which deliveries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Only those of this rider.
    pub rider_id: Option<String>,
    /// Only those that this rider may see: the own and the free ones.
    pub seen_by: Option<String>,
    /// Only those that were created before the delivery of this order.
    pub before: Option<OrderId>,
}

/// The change of a delivery that advances by itself; `None` leaves it as it is.
pub type Step<'a> = &'a (dyn Fn(&Delivery) -> Option<Change<Delivery>> + Send + Sync);

/// The change of a delivery that has waited for its rider for so long; `None` leaves it as it is.
pub type Release<'a> = &'a (dyn Fn(&Delivery, Waited) -> Option<Change<Delivery>> + Send + Sync);

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

    /// Applies `release` to at most `limit` deliveries whose rider has not left in time, or was silent for at least
    /// `silent_limit`, in one transaction; returns those that changed. Deliveries that another replica has locked are left
    /// to it.
    async fn release_overdue(
        &self,
        silent_limit: Duration,
        limit: u32,
        release: Release<'_>,
    ) -> Result<Vec<Delivery>, RepositoryError>;

    /// Keeps that the service is up: only such time counts as waiting.
    async fn tick(&self) -> Result<(), RepositoryError>;
}
