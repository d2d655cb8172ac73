//! The use cases that callers request: approve and void. Each loads the order's payment, decides, and stores the change
//! together with its event.
//!
//! Where the ledger is all there is, an approval takes the money at once. There is no separate capture, because an order is
//! placed in the same request that approves its payment. A payment that is not needed in the end is voided or refunded. Of
//! money at a provider, [`super::provider_payments`] takes care.

use crate::application::reporting::{self, announced};
use crate::domain::{self, Charge, ChargeError, Payment};
use fdp_contracts::OrderId;
use fdp_runtime::Clock;
use fdp_storage::RepositoryError;
use fdp_storage::ledger::{Ledger, LedgerError};
use std::sync::Arc;

/// The use cases of payments.
#[derive(Clone)]
pub struct Payments {
    ledger: Arc<dyn Ledger<Payment>>,
    clock: Arc<dyn Clock>,
    limit: u64,
}

/// Why a use case of payments failed.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// The charge is rejected.
    #[error(transparent)]
    Rejected(#[from] ChargeError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The table of payments at a provider failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The ledger returned no payment where there has to be one.
    #[error("the order {0} has no payment, and nothing says why")]
    Missing(OrderId),
    /// The provider does not want this payment.
    #[error("{provider} refuses the payment of the order {order_id}: {reason}")]
    RefusedByProvider {
        /// The provider.
        provider: &'static str,
        /// The order.
        order_id: OrderId,
        /// The provider's words.
        reason: String,
    },
    /// The customer did not pay while it was possible.
    #[error("the order {0} was not paid in time; place a new order")]
    NotPaidInTime(OrderId),
    /// The provider has not answered yet.
    #[error(
        "{provider} has not answered yet whether the order {order_id} can be paid; ask again in a moment"
    )]
    NoAnswer {
        /// The provider.
        provider: &'static str,
        /// The order.
        order_id: OrderId,
    },
}

/// An approved payment, and whether this call approved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The payment.
    pub payment: Payment,
    /// False if an earlier call approved it.
    pub new: bool,
}

impl Payments {
    /// Creates the use cases on payments that are stored in `ledger`; `limit` is the highest amount of one payment, in
    /// won.
    pub fn new(ledger: Arc<dyn Ledger<Payment>>, clock: Arc<dyn Clock>, limit: u64) -> Self {
        Self { ledger, clock, limit }
    }

    /// Approves the payment, or returns it if it was approved before.
    ///
    /// # Errors
    /// When the charge is rejected, or the ledger fails.
    pub async fn approve(&self, charge: &Charge) -> Result<Approval, PayError> {
        let now = self.clock.now();
        let approve = |present: Option<&Payment>| domain::approve(present, charge, self.limit, now);
        let decide = |present: Option<&Payment>| Ok::<_, ChargeError>(approve(present)?.map(announced));
        let decided = self.ledger.decide(charge.order_id, decide).await?;
        let decided = decided.inspect_err(|_| reporting::count("refused"))?;
        let payment = decided.aggregate.ok_or(PayError::Missing(charge.order_id))?;
        if decided.changed {
            reporting::log(&payment);
            reporting::approved(payment.amount);
        } else {
            reporting::count("repeated");
        }
        Ok(Approval {
            payment,
            new: decided.changed,
        })
    }

    /// Makes sure that the order is not paid and never will be.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn void(&self, order_id: OrderId) -> Result<Payment, PayError> {
        let now = self.clock.now();
        let decide = |present: Option<&Payment>| domain::void(present, order_id, now).map(announced);
        let decided = self.ledger.change(order_id, &decide).await?;
        let payment = decided.aggregate.ok_or(PayError::Missing(order_id))?;
        if decided.changed {
            reporting::log(&payment);
            reporting::count("voided");
            metrics::counter!("payments_voided_won_total").increment(payment.amount);
        }
        Ok(payment)
    }

    /// The order's payment, if there is one.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn find(&self, order_id: OrderId) -> Result<Option<Payment>, LedgerError> {
        self.ledger.find(order_id).await
    }
}
