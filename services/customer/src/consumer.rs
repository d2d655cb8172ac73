//! What customer does when it hears of an order.

use crate::app;
use async_trait::async_trait;
use fdp_contracts::{CloudEvent, Event};
use fdp_kit::{EventHandler, HandleError};
use sqlx::PgConnection;

/// Keeps a message for each change of an order.
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
        if let Event::Order(order) = event {
            app::notify(connection, &order).await?;
        }
        Ok(())
    }
}
