//! The service that approves and voids payments.

use crate::application::ports::PaymentIntent;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::OrderId;
use futures::future::BoxFuture;
use std::fmt;

/// The result of requesting a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentResult {
    /// The payment is approved.
    Paid,
    /// The payment is refused, with the reason for the customer.
    Refused(String),
    /// The customer has to do something, and may do so until then.
    AwaitingCustomer {
        /// Where the customer pays.
        pay_url: String,
        /// Until when.
        expires_at: DateTime<Utc>,
    },
    /// It is unknown whether the payment was approved; with the reason for the log.
    Unknown(String),
    /// The request was never sent, so nothing was paid; with the reason for the log.
    NotSent(String),
}

impl PaymentResult {
    /// Whether pay has approved or refused it, or has left it to the customer.
    pub fn is_known(&self) -> bool {
        matches!(
            self,
            Self::Paid | Self::Refused(_) | Self::AwaitingCustomer { .. }
        )
    }

    /// The same, if pay has decided or left it to the customer.
    pub fn known(self) -> Option<Self> {
        self.is_known().then_some(self)
    }
}

/// The result of a request to pay when its timeout ends, and the late response if none has arrived by then.
pub struct PaymentAttempt {
    /// What was known when the timeout ended.
    pub result: PaymentResult,
    /// The response to the same request if it arrives late. This future has a timeout of its own, short enough to wait
    /// for.
    pub late: Option<BoxFuture<'static, PaymentResult>>,
}

impl From<PaymentResult> for PaymentAttempt {
    fn from(result: PaymentResult) -> Self {
        Self { result, late: None }
    }
}

impl fmt::Debug for PaymentAttempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (result, late) = (&self.result, self.late.is_some());
        write!(formatter, "PaymentAttempt({result:?}, late: {late})")
    }
}

/// The payment was not voided; this has to be retried.
#[derive(Debug, thiserror::Error)]
#[error("voiding the payment: {0}")]
pub struct VoidError(pub String);

/// The permission to request payments, while it is kept.
pub type Admitted = Box<dyn Send>;

/// Why no payment is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdmitted {
    /// Pay has not answered lately.
    Unavailable,
    /// Too many want to pay at the moment.
    Busy,
}

/// The pay service.
#[async_trait]
pub trait PaymentService: Send + Sync + 'static {
    /// Waits until a payment may be requested. What is returned is kept until its result is there.
    ///
    /// # Errors
    /// When that takes too long, or pay does not answer anyway.
    async fn admit(&self) -> Result<Admitted, NotAdmitted> {
        Ok(Box::new(()))
    }

    /// Whether a payment may be requested a second time: only a share of all are.
    fn may_retry(&self) -> bool {
        true
    }

    /// Requests a payment, with a timeout of its own. A second request for the same order does not make a second
    /// payment.
    async fn pay(&self, intent: &PaymentIntent) -> PaymentAttempt;

    /// Makes sure that the order is not paid and never will be.
    async fn void(&self, order_id: OrderId) -> Result<(), VoidError>;
}
