//! The use cases of an order that waits for its customer to pay: it is placed once it is paid, or given up.
//!
//! It is an intent like any other, with a longer lease. The news that it is paid places it (see the adapters of events);
//! when the lease ends, the compensation asks pay for the last word. Whoever places it and whoever gives it up change the
//! same stored intent, so that one of the two happens.

use crate::application::Orders;
use crate::application::placement::{PlaceError, Placement};
use crate::application::ports::{PaymentIntent, PaymentResult, RepositoryError, WaitOutcome};
use crate::domain::AwaitingOrder;
use chrono::TimeDelta;
use fdp_contracts::OrderId;
use std::time::Duration;

/// How long after the time to pay is over the intent keeps its lease: a payment of the last moment is on its way here.
const LAST_MOMENT: TimeDelta = TimeDelta::seconds(30);
/// How long after the time to pay is over pay is asked for the last word, if it does not answer.
const LAST_WORD: TimeDelta = TimeDelta::minutes(5);

impl Orders {
    /// Records that an order waits for its customer to pay, or places it if the news of the payment was here first.
    pub(super) async fn await_payment(&self, awaiting: AwaitingOrder) -> Result<Placement, PlaceError> {
        let order_id = awaiting.order_id();
        let lease = awaiting.expires_at() + LAST_MOMENT - self.clock.now();
        let lease = lease.to_std().unwrap_or(Duration::ZERO);
        match self.repository.await_payment(&awaiting, lease).await? {
            WaitOutcome::Waiting => {
                tracing::info!(order_id = %order_id, expires_at = %awaiting.expires_at(), "its customer has to pay");
                Ok(Placement::AwaitingPayment(awaiting))
            }
            WaitOutcome::Paid => self.complete(awaiting.placed(self.clock.now())).await,
            WaitOutcome::GivenUp => {
                tracing::warn!(order_id = %order_id, "pay took so long that the payment is being voided");
                Err(PlaceError::PaymentUnavailable)
            }
        }
    }

    /// Gives up an order that waits for its customer to pay. `None` if there is none, as when it is an order.
    pub(super) async fn give_up(&self, order_id: OrderId) -> Result<Option<AwaitingOrder>, RepositoryError> {
        let unpaid = self.repository.find_unpaid(order_id).await?;
        // Not while pay is asked for the first time: nobody knows of it.
        let Some((awaiting, abandoned)) =
            unpaid.and_then(|unpaid| Some((unpaid.awaiting?, unpaid.abandoned)))
        else {
            return Ok(None);
        };
        if !abandoned {
            if !self.repository.abandon_intent(order_id).await? {
                return Ok(None);
            }
            tracing::info!(order_id = %order_id, "given up by its customer before it was paid");
            count("given_up");
        }
        Ok(Some(awaiting))
    }

    /// Asks pay for the last word on an order whose time to pay is over. If it is paid, it is placed; if not, it is given up.
    /// Returns whether its payment is to be voided now.
    pub(super) async fn end_waiting(&self, awaiting: &AwaitingOrder) -> Result<bool, RepositoryError> {
        let (order_id, snapshot) = (awaiting.order_id(), awaiting.order().snapshot());
        let intent = PaymentIntent {
            order_id,
            customer_id: snapshot.customer_id.clone(),
            amount: snapshot.amount,
            recipient: None,
        };
        match self.payments.pay(&intent).await.result {
            PaymentResult::Paid => {
                if self
                    .repository
                    .complete(&awaiting.placed(self.clock.now()))
                    .await?
                {
                    tracing::info!(order_id = %order_id, "it is paid, and its news never came; placed");
                    count("placed");
                }
                Ok(false)
            }
            PaymentResult::Unknown(reason) | PaymentResult::NotSent(reason)
                if self.clock.now() < awaiting.expires_at() + LAST_WORD =>
            {
                tracing::info!(order_id = %order_id, %reason, "whether its customer has paid is not known yet");
                Ok(false)
            }
            answer => {
                // False if the news of the payment has placed it meanwhile.
                let given_up = self.repository.abandon_intent(order_id).await?;
                if given_up {
                    tracing::info!(order_id = %order_id, ?answer, "its customer has not paid in time");
                    count("expired");
                }
                Ok(given_up)
            }
        }
    }
}

/// Counts an order that waits no longer.
pub fn count(outcome: &'static str) {
    metrics::counter!("awaiting_orders_total", "outcome" => outcome).increment(1);
}
