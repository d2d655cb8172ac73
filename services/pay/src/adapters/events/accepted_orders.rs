//! Consumes the events of orders where a provider takes the money: that of an accepted order is taken, in addition to what
//! [`EndedOrders`] does.

use crate::adapters::events::EndedOrders;
use crate::adapters::storage::{PaymentTable, capture};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, OrderState};
use fdp_messaging::Incoming;
use fdp_storage::inbox::{EventHandler, Reacting};
use sqlx::PgConnection;

/// The states of an order whose money is to be taken. Both, should a replica that knew of no provider have read the first.
const TAKEN: [OrderState; 2] = [OrderState::Accepted, OrderState::Delivered];

type Ended = Reacting<PaymentTable, EndedOrders>;

/// Has the money of accepted orders taken, and refunds orders that ended without a delivery.
#[derive(Debug)]
pub struct AcceptedOrders(Ended);

impl Default for AcceptedOrders {
    fn default() -> Self {
        Self(Reacting::new(EndedOrders))
    }
}

#[async_trait]
impl EventHandler for AcceptedOrders {
    type Affected = (<Ended as EventHandler>::Affected, Vec<OrderId>);

    fn concerns(&self, kind: &str) -> bool {
        self.0.concerns(kind) || OrderState::announces_any(kind, &TAKEN)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Self::Affected, sqlx::Error> {
        let ended: Vec<Incoming> = events
            .iter()
            .filter(|incoming| self.0.concerns(&incoming.envelope.kind))
            .cloned()
            .collect();
        Ok((self.0.load(connection, &ended).await?, Vec::new()))
    }

    fn react(
        &self,
        (ended, accepted): &mut Self::Affected,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        match &incoming.event {
            Event::Order(order) if TAKEN.contains(&order.state) => {
                accepted.push(order.order_id);
                Ok(Vec::new())
            }
            _ => self.0.react(ended, incoming, now),
        }
    }

    async fn save(
        &self,
        connection: &mut PgConnection,
        (ended, accepted): Self::Affected,
    ) -> Result<bool, sqlx::Error> {
        if !self.0.save(connection, ended).await? {
            return Ok(false);
        }
        capture(connection, &accepted).await?;
        Ok(true)
    }

    async fn committed(&self, events: &[Incoming]) {
        self.0.committed(events).await;
    }
}
