//! The use case of looking up where an order goes.

use crate::application::Orders;
use crate::application::ports::{RecipientRepository, RepositoryError};
use crate::domain::{Reader, Recipient, Withheld};
use fdp_contracts::{OrderId, OrderSnapshot};
use std::sync::Arc;

/// Looks up where orders go, for those who may know.
#[derive(Clone)]
pub struct Recipients {
    orders: Orders,
    repository: Arc<dyn RecipientRepository>,
}

/// Why somebody does not learn where an order goes.
#[derive(Debug, thiserror::Error)]
pub enum RecipientError {
    /// There is no such order, or it is no business of theirs.
    #[error("there is no order {0}")]
    NoOrder(OrderId),
    /// They may not know it now.
    #[error(transparent)]
    Withheld(Withheld),
    /// Nobody has said it, or it is kept no longer.
    #[error("nobody has said where order {0} goes, or that is kept no longer")]
    NotKept(OrderId),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Recipients {
    /// Looks up the recipients of `orders` in `repository`.
    pub fn new(orders: Orders, repository: Arc<dyn RecipientRepository>) -> Self {
        Self { orders, repository }
    }

    /// Where an order goes. `reader` tells what somebody who asks is to that order.
    ///
    /// # Errors
    /// When there is nothing to tell, or not to them.
    pub async fn recipient_of<'a>(
        &self,
        order_id: OrderId,
        reader: impl FnOnce(&OrderSnapshot) -> Reader<'a>,
    ) -> Result<Recipient, RecipientError> {
        let order = self.orders.find(order_id).await?;
        let order = order.ok_or(RecipientError::NoOrder(order_id))?;
        match order.check_sees_recipient(reader(order.snapshot())) {
            Ok(()) => {}
            Err(Withheld::NotTheirs) => return Err(RecipientError::NoOrder(order_id)),
            Err(withheld) => return Err(RecipientError::Withheld(withheld)),
        }
        let found = self.repository.recipient(order_id).await?;
        found.ok_or(RecipientError::NotKept(order_id))
    }
}
