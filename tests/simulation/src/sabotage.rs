//! Bugs that are planted between a service and the simulation, to test whether a history reveals them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use delivery::domain::Delivery;
use fdp_contracts::{DeliveryState, Event, OrderId, PaymentState};
use fdp_storage::inbox::Reaction;
use fdp_storage::ledger::{Change, Decide, Decided, Ledger, LedgerError};
use order::application::ports::{
    PaymentAttempt as Asked, PaymentIntent as Intent, PaymentService as Payments, VoidError,
};
use pay::domain::Payment;
use std::sync::Arc;

/// Receives everything and does nothing.
pub struct Forgetful<R>(pub R);

impl<R: Reaction> Reaction for Forgetful<R> {
    type Aggregate = R::Aggregate;

    fn concerns(&self, kind: &str) -> bool {
        self.0.concerns(kind)
    }

    fn react(
        &self,
        _present: Option<&R::Aggregate>,
        _event: &Event,
        _now: DateTime<Utc>,
    ) -> Option<Change<R::Aggregate>> {
        None
    }
}

/// Drops the marker that a void stores when it arrives before its payment.
pub struct NoNote(pub Arc<dyn Ledger<Payment>>);

#[async_trait]
impl Ledger<Payment> for NoNote {
    async fn change(
        &self,
        order_id: OrderId,
        decide: Decide<'_, Payment>,
    ) -> Result<Decided<Payment>, LedgerError> {
        let noteless = |present: Option<&Payment>| {
            decide(present)
                .filter(|change| present.is_some() || change.aggregate.state != PaymentState::Voided)
        };
        let decided = self.0.change(order_id, &noteless).await?;
        if decided.aggregate.is_some() {
            return Ok(decided);
        }
        // Reports success nevertheless.
        Ok(Decided {
            aggregate: decide(None).map(|change| change.aggregate),
            changed: true,
        })
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Payment>, LedgerError> {
        self.0.find(order_id).await
    }
}

/// Reports that payments were voided, without calling pay.
pub struct Sloppy(pub Arc<dyn Payments>);

#[async_trait]
impl Payments for Sloppy {
    async fn pay(&self, intent: &Intent) -> Asked {
        self.0.pay(intent).await
    }

    async fn void(&self, _order_id: OrderId) -> Result<(), VoidError> {
        Ok(())
    }
}

/// Lets a rider leave at once, without waiting for the order's confirmation.
pub struct Hasty(pub Arc<dyn Ledger<Delivery>>);

#[async_trait]
impl Ledger<Delivery> for Hasty {
    async fn change(
        &self,
        order_id: OrderId,
        decide: Decide<'_, Delivery>,
    ) -> Result<Decided<Delivery>, LedgerError> {
        let hasty = |present: Option<&Delivery>| {
            let mut change = decide(present)?;
            if change.aggregate.state == DeliveryState::Departing {
                change.aggregate.state = DeliveryState::Started;
                change.events = vec![Event::Delivery(change.aggregate.snapshot())];
            }
            Some(change)
        };
        self.0.change(order_id, &hasty).await
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Delivery>, LedgerError> {
        self.0.find(order_id).await
    }
}
