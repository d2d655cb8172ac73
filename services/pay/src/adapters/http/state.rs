//! What the handlers share.

use crate::adapters::http::return_path::ReturnPath;
use crate::adapters::http::webhooks::Webhooks;
use crate::application::Payments;
use crate::application::ports::PaymentQueries;
use crate::application::provider_payments::{Paying, PaymentAnswer};
use crate::domain::Charge;
use async_trait::async_trait;
use fdp_http::Problem;
use std::sync::Arc;

/// Approves payments for `POST /payments`.
#[async_trait]
pub(crate) trait ApprovePayment: Send + Sync + 'static {
    /// Approves the payment, or returns it if it was approved before; or says where the customer pays, whom the provider sends
    /// back to `return_path`.
    async fn approve(
        &self,
        charge: Charge,
        return_path: Option<ReturnPath>,
    ) -> Result<PaymentAnswer, Problem>;
}

#[async_trait]
impl ApprovePayment for Paying {
    async fn approve(
        &self,
        charge: Charge,
        return_path: Option<ReturnPath>,
    ) -> Result<PaymentAnswer, Problem> {
        Ok(self.pay(&charge, return_path.map(String::from)).await?)
    }
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
    /// Takes the messages of a provider, if there is one.
    pub(crate) webhooks: Option<Webhooks>,
}
