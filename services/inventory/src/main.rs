//! Products and their stock: taken by orders, never oversold.

use fdp_contracts::topic;
use inventory::app::Inventory;
use inventory::consumer::OrderEvents;
use inventory::{MIGRATIONS, http};
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("inventory", 8085)?;
    let pool = service.database(&MIGRATIONS)?;
    service.relay_outbox(&pool)?;
    service.consume(&pool, &[topic::ORDER], Arc::new(OrderEvents))?;
    service.serve(http::routes(Inventory::new(pool))).await?;
    Ok(())
}
