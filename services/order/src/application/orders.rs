//! The use cases of existing orders: cancel, find and list.

use crate::application::ports::{OrderRepository, PaymentService, RepositoryError};
use crate::domain::{AwaitingOrder, Order, TooLate, Unpaid};
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

/// An order, or what has yet to become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An order.
    Order(Order),
    /// It waits for its customer to pay.
    AwaitingPayment(AwaitingOrder),
    /// It has waited for its customer to pay, and was given up.
    NotPaid(AwaitingOrder),
}

impl Found {
    /// What the customer of an intent sees of it: nothing, while pay is asked for the first time.
    fn unpaid(unpaid: Unpaid) -> Option<Self> {
        let awaiting = unpaid.awaiting?;
        Some(if unpaid.abandoned {
            Self::NotPaid(awaiting)
        } else {
            Self::AwaitingPayment(awaiting)
        })
    }

    /// Whose it is.
    pub fn customer_id(&self) -> &str {
        let order = match self {
            Self::Order(order) => order,
            Self::AwaitingPayment(awaiting) | Self::NotPaid(awaiting) => awaiting.order(),
        };
        &order.snapshot().customer_id
    }
}

/// What was cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelled {
    /// An order, whose payment is refunded.
    Order(Order),
    /// It was no order yet, and is none now. Nothing is charged.
    GivenUp(AwaitingOrder),
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

    /// Cancels an order for its customer, or gives it up while it awaits its payment. Idempotent.
    ///
    /// # Errors
    /// When there is no such order, or it is too late.
    pub async fn cancel(&self, order_id: OrderId) -> Result<Cancelled, CancelError> {
        if let Some(order) = self.cancel_order(order_id).await? {
            return Ok(Cancelled::Order(order));
        }
        if let Some(awaiting) = self.give_up(order_id).await? {
            return Ok(Cancelled::GivenUp(awaiting));
        }
        // It may have become an order between the two.
        let order = self.cancel_order(order_id).await?;
        order.map(Cancelled::Order).ok_or(CancelError::NotFound(order_id))
    }

    /// Cancels an order; `None` if there is none.
    async fn cancel_order(&self, order_id: OrderId) -> Result<Option<Order>, CancelError> {
        let now = self.clock.now();
        let decide = |order: &Order| order.cancel(now).ok().flatten();
        let changed = self.repository.change(order_id, &decide).await?;
        if let Some(order) = &changed {
            // If the order could be cancelled, it is cancelled now; otherwise this returns the reason.
            order.cancel(now)?;
        }
        Ok(changed)
    }

    /// Finds an order.
    ///
    /// # Errors
    /// When the repository fails.
    pub async fn find(&self, order_id: OrderId) -> Result<Option<Order>, RepositoryError> {
        self.repository.find(order_id).await
    }

    /// Finds an order, or what waits for its customer to pay before it is one.
    ///
    /// # Errors
    /// When the repository fails.
    pub async fn look_up(&self, order_id: OrderId) -> Result<Option<Found>, RepositoryError> {
        if let Some(order) = self.repository.find(order_id).await? {
            return Ok(Some(Found::Order(order)));
        }
        if let Some(unpaid) = self.repository.find_unpaid(order_id).await? {
            return Ok(Found::unpaid(unpaid));
        }
        // It may have become an order between the two.
        Ok(self.repository.find(order_id).await?.map(Found::Order))
    }

    /// The newest orders, of one customer or of all.
    ///
    /// # Errors
    /// When the repository fails.
    pub async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, RepositoryError> {
        self.repository.newest(customer_id, limit).await
    }
}
