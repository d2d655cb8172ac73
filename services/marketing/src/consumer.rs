//! What marketing does when it hears of an order.

use crate::app;
use async_trait::async_trait;
use fdp_contracts::{CloudEvent, Event, OrderState};
use fdp_kit::{EventHandler, HandleError};
use sqlx::PgConnection;

/// Counts orders that are placed, and takes back those that end before the door.
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
            OrderState::Placed => app::count(connection, &order).await?,
            OrderState::Cancelled | OrderState::Rejected => app::withdraw(connection, &order).await?,
            OrderState::Accepted | OrderState::Cooking | OrderState::OnTheWay | OrderState::Delivered => {}
        }
        Ok(())
    }
}
