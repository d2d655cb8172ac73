//! Orders that ended before the door get their money back.

use crate::app::{self, PayError};
use async_trait::async_trait;
use fdp_contracts::{CloudEvent, Event, OrderState};
use fdp_kit::{EventHandler, HandleError};
use sqlx::PgConnection;

/// Listens to orders.
#[derive(Debug, Clone, Copy)]
pub struct EndedOrders;

#[async_trait]
impl EventHandler for EndedOrders {
    async fn handle(
        &self,
        connection: &mut PgConnection,
        event: Event,
        _envelope: &CloudEvent,
    ) -> Result<(), HandleError> {
        let Event::Order(order) = event else { return Ok(()) };
        match order.state {
            OrderState::Cancelled | OrderState::Rejected => app::refund(connection, order.order_id)
                .await
                .map_err(|error| match error {
                    PayError::Database(error) => error.into(),
                    PayError::Refused(refusal) => HandleError::Poison(refusal.to_string()),
                }),
            _ => Ok(()),
        }
    }
}
