//! Stores and their tickets: the owner accepts, cooks and hands over.

use fdp_contracts::topic;
use fdp_kit::config;
use std::sync::Arc;
use std::time::Duration;
use store::app::Tickets;
use store::consumer::OrderEvents;
use store::{MIGRATIONS, autopilot, http};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("store", 8083)?;
    let pool = service.database(&MIGRATIONS)?;
    let tickets = Tickets::new(pool.clone());
    service.relay_outbox(&pool)?;
    service.consume(&pool, &[topic::ORDER], Arc::new(OrderEvents))?;
    if config::optional("AUTOPILOT", false)? {
        let delay = Duration::from_millis(config::optional("AUTOPILOT_DELAY_MS", 1500)?);
        let (health, stop) = (service.health().clone(), service.stopping());
        service.spawn(autopilot::run(tickets.clone(), delay, health, stop));
    }
    service.serve(http::routes(tickets)).await?;
    Ok(())
}
