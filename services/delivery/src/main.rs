//! Deliveries: from the store to the door.

use delivery::app::Deliveries;
use delivery::consumer::OrderAndTicketEvents;
use delivery::{MIGRATIONS, http};
use fdp_contracts::topic;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("delivery", 8084)?;
    let pool = service.database(&MIGRATIONS)?;
    let deliveries = Deliveries::new(pool.clone());
    service.relay_outbox(&pool)?;
    service.consume(
        &pool,
        &[topic::ORDER, topic::STORE],
        Arc::new(OrderAndTicketEvents),
    )?;
    let piloted = deliveries.clone();
    service.autopilot(move |delay| {
        let deliveries = piloted.clone();
        Box::pin(async move { deliveries.move_on(delay).await })
    })?;
    service.serve(http::routes(deliveries)).await?;
    Ok(())
}
