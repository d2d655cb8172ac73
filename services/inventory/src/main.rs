//! Starts the inventory service: wires its use cases to PostgreSQL, Kafka and HTTP.

use fdp_catalogue::{Service, topic};
use fdp_http::Serve as _;
use fdp_runtime::SystemClock;
use fdp_storage::OpenDatabase as _;
use inventory::adapters::events::OrderEvents;
use inventory::adapters::http;
use inventory::adapters::storage::{MIGRATIONS, PgProductRepository};
use inventory::application::products::Products;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    fdp_messaging::dead_letters::run_if_asked(Service::Inventory.name())?;
    let mut service = fdp_runtime::Service::of(Service::Inventory)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::INVENTORY)?;
    service.consume(Service::Inventory.consumes(), &pool, &outbox, OrderEvents)?;
    let repository = PgProductRepository { pool, outbox };
    let products = Products::new(Arc::new(repository), Arc::new(SystemClock));
    service.serve(http::routes(products)).await?;
    Ok(())
}
