//! What the use cases need from the database.

use crate::domain::{CountDelta, CountState, Popularity};
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::RepositoryError;
use std::collections::{BTreeMap, BTreeSet};

/// Reads how often items are ordered.
#[async_trait]
pub trait PopularityRepository: Send + Sync + 'static {
    /// The `limit` items that [`crate::domain::recommend`] ranks first, with the orders of this customer and of others.
    async fn most_popular(
        &self,
        customer_id: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Popularity>, RepositoryError>;
}

/// The counts, inside the transaction of one batch of events.
#[async_trait]
pub trait CountTransaction: Send {
    /// The error of the database.
    type Error;

    /// The states of those of `order_ids` that are known, locked until the transaction ends.
    async fn lock_orders(
        &mut self,
        order_ids: &BTreeSet<OrderId>,
    ) -> Result<BTreeMap<OrderId, CountState>, Self::Error>;

    /// Inserts the states of new orders. Returns how many were new: fewer than given if another transaction was first.
    async fn insert_orders(&mut self, orders: &BTreeMap<OrderId, CountState>) -> Result<u64, Self::Error>;

    /// Updates the states of locked orders.
    async fn update_orders(&mut self, orders: &BTreeMap<OrderId, CountState>) -> Result<(), Self::Error>;

    /// Adds to customers' counts of items.
    async fn add_counts(&mut self, deltas: &[CountDelta]) -> Result<(), Self::Error>;

    /// Deletes every order and every count. Other transactions still read them until this one commits.
    async fn clear(&mut self) -> Result<(), Self::Error>;
}
