//! The use case of listing the tickets of a store.

use super::ports::{RepositoryError, TicketFilter, TicketRepository};
use crate::domain::Ticket;
use std::sync::Arc;

/// Lists tickets.
#[derive(Debug, Clone)]
pub struct TicketList {
    repository: Arc<dyn TicketRepository>,
}

impl TicketList {
    /// Lists the tickets of `repository`.
    pub fn new(repository: Arc<dyn TicketRepository>) -> Self {
        Self { repository }
    }

    /// The store's newest tickets that pass `filter`, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest(
        &self,
        store_id: &str,
        filter: &TicketFilter,
        limit: u32,
    ) -> Result<Vec<Ticket>, RepositoryError> {
        self.repository.list(store_id, filter, limit).await
    }
}
