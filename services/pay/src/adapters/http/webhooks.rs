//! Messages of a payment provider: admitted by their signature alone, and taken as a hint to look at the payment.

use crate::application::count_webhook;
use crate::application::ports::{PaymentProvider, ProviderPaymentRepository};
use crate::application::provider_payments::Settlement;
use fdp_contracts::OrderId;
use fdp_http::Problem;
use fdp_runtime::{Clock, trace};
use http::StatusCode;
use std::sync::Arc;
use tracing::Instrument as _;

/// Takes the messages of a provider.
#[derive(Clone)]
pub struct Webhooks {
    provider: Arc<dyn PaymentProvider>,
    repository: Arc<dyn ProviderPaymentRepository>,
    settlement: Settlement,
    clock: Arc<dyn Clock>,
}

impl Webhooks {
    /// Takes the messages of `provider` about the payments of `repository`.
    pub fn new(
        provider: Arc<dyn PaymentProvider>,
        repository: Arc<dyn ProviderPaymentRepository>,
        settlement: Settlement,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            provider,
            repository,
            settlement,
            clock,
        }
    }

    /// Takes a message with this signature.
    ///
    /// # Errors
    /// When it is not the provider's, or the database fails.
    pub(super) async fn take(&self, signature: Option<&str>, body: &[u8]) -> Result<(), Problem> {
        let verified = self.provider.verify_webhook(signature, body, self.clock.now());
        let order_id = verified.map_err(|error| {
            count_webhook("rejected");
            Problem::new(StatusCode::BAD_REQUEST, "webhook-rejected", error.to_string())
        })?;
        count_webhook("accepted");
        // A message about something else than our payments is none of our business.
        let Some(order_id) = order_id else {
            return Ok(());
        };
        trace::about(order_id);
        if self.repository.hint(order_id).await? {
            self.settle(order_id);
        }
        Ok(())
    }

    /// Looks at the payment now, without letting the provider wait: its hint is stored, so that nothing is lost here.
    fn settle(&self, order_id: OrderId) {
        let settlement = self.settlement.clone();
        let work = async move {
            if let Err(error) = settlement.settle_order(order_id).await {
                tracing::warn!(%order_id, %error, "a payment could not be settled; it is tried again");
            }
        };
        tokio::spawn(work.in_current_span());
    }
}
