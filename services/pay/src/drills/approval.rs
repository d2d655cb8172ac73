//! Puts the drills between the HTTP adapter and the use case that approves payments.

use crate::adapters::http::{ApprovePayment, ReturnPath};
use crate::application::Payments;
use crate::application::provider_payments::PaymentAnswer;
use crate::domain::Charge;
use crate::drills::fault_injection::{DrillError, Drills};
use async_trait::async_trait;
use fdp_http::Problem;

/// Payments that are approved under the current drill.
pub(crate) struct DrilledPayments {
    /// The use cases.
    pub(crate) payments: Payments,
    /// The current drill.
    pub(crate) drills: Drills,
}

#[async_trait]
impl ApprovePayment for DrilledPayments {
    /// The ledger pays at once, and nobody leaves our pages.
    async fn approve(&self, charge: Charge, _: Option<ReturnPath>) -> Result<PaymentAnswer, Problem> {
        let approval = self.drills.approve(&self.payments, charge).await?;
        Ok(PaymentAnswer::Paid(approval))
    }
}

impl From<DrillError> for Problem {
    fn from(error: DrillError) -> Self {
        match error {
            DrillError::Pay(error) => error.into(),
            DrillError::Injected => Self::unavailable("drill", error.to_string(), 1),
        }
    }
}
