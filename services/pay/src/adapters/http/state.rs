//! What the handlers share.

use crate::application::ports::PaymentQueries;
use crate::application::{Approval, Payments};
use crate::domain::Charge;
use async_trait::async_trait;
use fdp_kit::Problem;
use std::sync::Arc;

/// Approves payments for `POST /payments`.
#[async_trait]
pub(crate) trait ApprovePayment: Send + Sync + 'static {
    /// Approves the payment, or returns it if it was approved before.
    async fn approve(&self, charge: Charge) -> Result<Approval, Problem>;
}

/// The state of the router.
#[derive(Clone)]
pub(crate) struct AppState {
    /// Approves payments.
    pub(crate) approval: Arc<dyn ApprovePayment>,
    /// The other use cases.
    pub(crate) payments: Payments,
    /// Reads payments.
    pub(crate) queries: Arc<dyn PaymentQueries>,
}
