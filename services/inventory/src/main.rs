//! Products and their stock: taken by orders, never oversold.

use fdp_contracts::topic;
use fdp_kit::SystemClock;
use fdp_kit::inbox::PgInbox;
use inventory::app::Inventory;
use inventory::consumer::OrderEvents;
use inventory::{MIGRATIONS, http};
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("inventory", 8085)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::INVENTORY)?;
    let effects = PgInbox::new(pool.clone(), outbox.clone(), OrderEvents);
    service.subscribe(&[topic::ORDER], Arc::new(effects))?;
    let inventory = Inventory::new(pool, outbox, Arc::new(SystemClock));
    service.serve(http::routes(inventory)).await?;
    Ok(())
}
