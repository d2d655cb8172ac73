//! Deliveries: from the store to the door.

use delivery::app::Deliveries;
use delivery::consumer::OrderAndTicketEvents;
use delivery::{MIGRATIONS, autopilot, http};
use fdp_contracts::topic;
use fdp_kit::config;
use std::sync::Arc;
use std::time::Duration;

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
    if config::optional("AUTOPILOT", false)? {
        let delay = Duration::from_millis(config::optional("AUTOPILOT_DELAY_MS", 1500)?);
        let (health, stop) = (service.health().clone(), service.stopping());
        service.spawn(autopilot::run(deliveries.clone(), delay, health, stop));
    }
    service.serve(http::routes(deliveries)).await?;
    Ok(())
}
