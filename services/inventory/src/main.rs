//! Starts the inventory service: wires its use cases to PostgreSQL, Kafka and HTTP.

use fdp_contracts::topic;
use fdp_kit::SystemClock;
use fdp_kit::inbox::PgInbox;
use inventory::adapters::events::OrderEvents;
use inventory::adapters::http;
use inventory::adapters::storage::{MIGRATIONS, PgProductRepository};
use inventory::application::products::Products;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("inventory", 8085)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::INVENTORY)?;
    let inbox = PgInbox::new(pool.clone(), outbox.clone(), OrderEvents);
    service.subscribe(&[topic::ORDER], Arc::new(inbox))?;
    let repository = PgProductRepository::new(pool, outbox);
    let products = Products::new(Arc::new(repository), Arc::new(SystemClock));
    service.serve(http::routes(products)).await?;
    Ok(())
}
