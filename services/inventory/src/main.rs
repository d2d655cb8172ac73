//! Starts the inventory service: wires its use cases to PostgreSQL, Kafka and HTTP.

use anyhow::Context as _;
use fdp_catalogue::{Service, topic};
use fdp_http::Serve as _;
use fdp_runtime::{SystemClock, config};
use fdp_storage::{OpenDatabase as _, Outbox, database};
use inventory::adapters::events::OrderEvents;
use inventory::adapters::http;
use inventory::adapters::storage::{MIGRATIONS, PgProductRepository, announce_all_again};
use inventory::application::products::Products;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("announce") {
        return announce().await;
    }
    fdp_messaging::dead_letters::run_if_asked(Service::Inventory.name())?;
    let mut service = fdp_runtime::Service::of(Service::Inventory)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::INVENTORY)?;
    service.consume(Service::Inventory.consumes(), &pool, &outbox, OrderEvents)?;
    service.retain(&pool, &[])?;
    let repository = PgProductRepository { pool, outbox };
    let products = Products::new(Arc::new(repository), Arc::new(SystemClock));
    service.serve(http::routes(products)).await?;
    Ok(())
}

/// `inventory announce`: every product is told to other services once more, for those that have lost it.
async fn announce() -> anyhow::Result<()> {
    let url = config::required("DATABASE_URL", "postgres://user:password@host:5432/inventory")?;
    let pool = database::lazy_pool(&url, "inventory-announce", 1)?;
    let outbox = Outbox::new(Service::Inventory.name(), topic::INVENTORY);
    let products = announce_all_again(&pool, &outbox)
        .await
        .context("announcing products again")?;
    println!("{products} products announced again");
    Ok(())
}
