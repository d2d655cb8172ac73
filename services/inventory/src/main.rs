//! Starts the inventory service: wires its use cases to PostgreSQL, Kafka and HTTP.

use fdp_contracts::topic;
use fdp_http::Serve as _;
use fdp_messaging::Subscribe as _;
use fdp_runtime::SystemClock;
use fdp_storage::OpenDatabase as _;
use fdp_storage::inbox::PgInbox;
use inventory::adapters::events::OrderEvents;
use inventory::adapters::http;
use inventory::adapters::storage::{MIGRATIONS, PgProductRepository};
use inventory::application::products::Products;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    fdp_messaging::dead_letters::run_if_asked("inventory")?;
    let mut service = fdp_runtime::Service::new("inventory", 8085)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::INVENTORY)?;
    let inbox = PgInbox::new(pool.clone(), outbox.clone(), OrderEvents);
    service.subscribe(&[topic::ORDER], Arc::new(inbox))?;
    let repository = PgProductRepository { pool, outbox };
    let products = Products::new(Arc::new(repository), Arc::new(SystemClock));
    service.serve(http::routes(products)).await?;
    Ok(())
}
