//! Stores and their tickets: the owner accepts, cooks and hands over.

use fdp_contracts::topic;
use std::sync::Arc;
use store::app::Tickets;
use store::consumer::OrderEvents;
use store::{MIGRATIONS, http};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("store", 8083)?;
    let pool = service.database(&MIGRATIONS)?;
    let tickets = Tickets::new(pool.clone());
    service.relay_outbox(&pool)?;
    service.consume(&pool, &[topic::ORDER], Arc::new(OrderEvents))?;
    let piloted = tickets.clone();
    service.autopilot(move |delay| {
        let tickets = piloted.clone();
        Box::pin(async move { tickets.move_on(delay).await })
    })?;
    service.serve(http::routes(tickets)).await?;
    Ok(())
}
