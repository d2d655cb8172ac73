//! Events in: orders and products become rows of the view.

use crate::store;
use async_trait::async_trait;
use fdp_contracts::{CloudEvent, Event};
use fdp_kit::{EventHandler, HandleError};
use sqlx::PgConnection;

/// Writes the view. All that it does is in the event's transaction, the wake-up of the replicas included.
#[derive(Debug, Clone, Copy)]
pub struct ViewWriter;

#[async_trait]
impl EventHandler for ViewWriter {
    async fn handle(
        &self,
        connection: &mut PgConnection,
        event: Event,
        _envelope: &CloudEvent,
    ) -> Result<(), HandleError> {
        match event {
            Event::Order(order) => {
                store::add_order(connection, &order).await?;
                tracing::info!(state = ?order.state, version = order.version, "an order changed");
            }
            Event::Product(product) => store::put_product(connection, &product).await?,
            // An inventory event about an order; the order service tells what came of it.
            _ => {}
        }
        Ok(())
    }
}
