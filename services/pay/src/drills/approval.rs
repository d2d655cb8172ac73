//! Puts the drills between the HTTP adapter and the use case that approves payments.

use crate::adapters::http::ApprovePayment;
use crate::application::{Approval, Payments};
use crate::domain::Charge;
use crate::drills::fault_injection::{DrillError, Drills};
use async_trait::async_trait;
use fdp_kit::Problem;

/// Payments that are approved under the current drill.
pub(crate) struct DrilledPayments {
    /// The use cases.
    pub(crate) payments: Payments,
    /// The current drill.
    pub(crate) drills: Drills,
}

#[async_trait]
impl ApprovePayment for DrilledPayments {
    async fn approve(&self, charge: Charge) -> Result<Approval, Problem> {
        Ok(self.drills.approve(&self.payments, charge).await?)
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
