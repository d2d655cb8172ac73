//! The ports of the use cases that need more than one ticket: the storage adapter implements them. A single ticket is
//! changed through the kit's `Ledger`.

use super::stream_position::StreamPosition;
use crate::domain::{HistoryEntry, MenuItem, Registration, Store, Ticket};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, TicketState};
use fdp_storage::RepositoryError;
use fdp_storage::ledger::Change;
use std::fmt;

/// Which tickets of a store to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TicketFilter {
    /// Only those in this state.
    pub state: Option<TicketState>,
    /// Only those of orders that were placed before this one.
    pub before: Option<OrderId>,
}

/// The change of a ticket that advances by itself; `None` leaves it as it is.
pub type Step<'a> = &'a (dyn Fn(&Ticket) -> Option<Change<Ticket>> + Send + Sync);

/// Whether a store is closed now.
pub type IsClosed<'a> = &'a (dyn Fn(&Store) -> bool + Send + Sync);

/// All tickets.
#[async_trait]
pub trait TicketRepository: fmt::Debug + Send + Sync + 'static {
    /// The store's newest tickets that pass `filter`, at most `limit`.
    async fn list(
        &self,
        store_id: &str,
        filter: &TicketFilter,
        limit: u32,
    ) -> Result<Vec<Ticket>, RepositoryError>;

    /// Applies `step` to at most `limit` active tickets that have not changed since `idle_since`, in one transaction;
    /// returns those that changed. Tickets that another replica has locked are left to it, and new tickets of stores
    /// for which `is_closed` is true wait.
    async fn advance_idle(
        &self,
        idle_since: DateTime<Utc>,
        limit: u32,
        is_closed: IsClosed<'_>,
        step: Step<'_>,
    ) -> Result<Vec<Ticket>, RepositoryError>;

    /// Lets the clock run by which tickets wait for their stores. All replicas share it, and call this about once a second;
    /// it stands still while none does.
    async fn tick(&self) -> Result<(), RepositoryError>;

    /// Applies `step` to at most `limit` tickets that their stores have not accepted in time by that clock, in one
    /// transaction; returns those that changed. Tickets that another replica has locked are left to it.
    async fn advance_overdue(&self, limit: u32, step: Step<'_>) -> Result<Vec<Ticket>, RepositoryError>;

    /// What has happened to the ticket of an order, the oldest first; `None` if the store has no such ticket.
    async fn history(
        &self,
        store_id: &str,
        order_id: OrderId,
    ) -> Result<Option<Vec<HistoryEntry>>, RepositoryError>;
}

/// All stores and their menus. A change is committed together with its announcement to other services.
#[async_trait]
pub trait StoreRepository: fmt::Debug + Send + Sync + 'static {
    /// At most `limit` stores in the order of their ids, starting after the id `after`.
    async fn list(&self, after: &str, limit: u32) -> Result<Vec<Store>, RepositoryError>;

    /// One store, if it exists.
    async fn find(&self, store_id: &str) -> Result<Option<Store>, RepositoryError>;

    /// Registers a store, or changes only what `registration` tells of an existing one; `true` if it is new.
    async fn register(&self, registration: &Registration) -> Result<bool, RepositoryError>;

    /// Writes a store; `true` if it is new.
    async fn put(&self, store: &Store) -> Result<bool, RepositoryError>;

    /// The menu of a store; `None` if the store does not exist.
    async fn menu(&self, store_id: &str) -> Result<Option<Vec<MenuItem>>, RepositoryError>;

    /// Replaces the menu of a store; `false` if the store does not exist.
    async fn put_menu(&self, store_id: &str, items: &[MenuItem]) -> Result<bool, RepositoryError>;

    /// Announces at most `most` stores whose current version was not announced with its change; returns how many.
    async fn announce_due(&self, most: u32) -> Result<usize, RepositoryError>;
}

/// A ticket that is new or has changed, and the position of a watcher who has received it.
pub type TicketChange = (StreamPosition, Ticket);

/// The changes after a position.
#[derive(Debug)]
pub struct ChangesAfter {
    /// The changes before which no other change can be inserted any more.
    pub settled: Vec<TicketChange>,
    /// Whether there are more changes, which are not settled yet.
    pub has_unsettled: bool,
}

/// The changes of tickets, in the order in which their transactions began.
#[async_trait]
pub trait TicketChangeLog: fmt::Debug + Send + Sync + 'static {
    /// Where a watcher begins, and the changes that it gets first: at `position` if this database issued it, and
    /// otherwise now, with all active tickets.
    async fn start(
        &self,
        store_id: &str,
        position: Option<StreamPosition>,
    ) -> Result<(StreamPosition, Vec<TicketChange>), RepositoryError>;

    /// The changes of the store's tickets after `position`.
    async fn after(&self, store_id: &str, position: &StreamPosition)
    -> Result<ChangesAfter, RepositoryError>;
}
