//! What the store does when it hears of an order.

use crate::app;
use async_trait::async_trait;
use fdp_contracts::{CloudEvent, Event, OrderState};
use fdp_kit::{EventHandler, HandleError};
use sqlx::PgConnection;

/// Makes a ticket for each order that is placed, and cancels those of orders that end before the door.
#[derive(Debug, Clone, Copy)]
pub struct OrderEvents;

#[async_trait]
impl EventHandler for OrderEvents {
    async fn handle(
        &self,
        connection: &mut PgConnection,
        event: Event,
        _envelope: &CloudEvent,
    ) -> Result<(), HandleError> {
        let Event::Order(order) = event else {
            return Ok(());
        };
        match order.state {
            OrderState::Placed => app::receive(connection, &order).await?,
            OrderState::Cancelled | OrderState::Rejected => app::cancel(connection, &order).await?,
            OrderState::Accepted | OrderState::Cooking | OrderState::OnTheWay | OrderState::Delivered => {}
        }
        Ok(())
    }

    async fn committed(&self, envelope: &CloudEvent) {
        if envelope.kind == OrderState::Placed.event_type() {
            tracing::info!(order_id = %envelope.subject, "an order has come in");
        }
    }
}
