//! The use cases of existing orders: cancel, find and list.

use crate::application::ports::{OrderRepository, PaymentService, RepositoryError};
use crate::domain::{Order, TooLate};
use fdp_contracts::OrderId;
use fdp_runtime::Clock;
use std::sync::Arc;
use std::time::Duration;

/// The use cases of orders.
#[derive(Clone)]
pub struct Orders {
    pub(super) repository: Arc<dyn OrderRepository>,
    pub(super) payments: Arc<dyn PaymentService>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) default_unit_price: u64,
    /// For how long an order waits for the event of the store or product that it names.
    pub(super) patience: Duration,
}

/// Why an order was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// There is no such order.
    #[error("there is no order {0}")]
    NotFound(OrderId),
    /// It is too late to cancel it.
    #[error(transparent)]
    TooLate(#[from] TooLate),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Orders {
    /// Creates the use cases. A product without a price costs `default_unit_price` won.
    pub fn new(
        repository: Arc<dyn OrderRepository>,
        payments: Arc<dyn PaymentService>,
        clock: Arc<dyn Clock>,
        default_unit_price: u64,
    ) -> Self {
        Self {
            repository,
            payments,
            clock,
            default_unit_price,
            patience: Duration::ZERO,
        }
    }

    /// The same, but an order waits for so long for the event of the store or product that it names.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Cancels an order for its customer. Idempotent.
    ///
    /// # Errors
    /// When there is no such order, or it is too late.
    pub async fn cancel(&self, order_id: OrderId) -> Result<Order, CancelError> {
        let now = self.clock.now();
        let decide = |order: &Order| order.cancel(now).ok().flatten();
        let changed = self.repository.change(order_id, &decide).await?;
        let order = changed.ok_or(CancelError::NotFound(order_id))?;
        // If the order could be cancelled, it is cancelled now; otherwise this returns the reason.
        order.cancel(now)?;
        Ok(order)
    }

    /// Finds an order.
    ///
    /// # Errors
    /// When the repository fails.
    pub async fn find(&self, order_id: OrderId) -> Result<Option<Order>, RepositoryError> {
        self.repository.find(order_id).await
    }

    /// The newest orders, of one customer or of all.
    ///
    /// # Errors
    /// When the repository fails.
    pub async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, RepositoryError> {
        self.repository.newest(customer_id, limit).await
    }
}
