//! The marketing service: reads the configuration, wires the adapters to the use cases, and serves or rebuilds.

use anyhow::Context as _;
use fdp_catalogue::Service;
use fdp_http::Serve as _;
use fdp_messaging::kafka::Cluster;
use fdp_runtime::config;
use fdp_storage::{OpenDatabase as _, Outbox, database, rebuild};
use marketing::MIGRATIONS;
use marketing::adapters::events::OrderEvents;
use marketing::adapters::http;
use marketing::adapters::storage::{PgPopularities, RETAINED};
use marketing::application::Recommendations;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("rebuild") {
        return rebuild().await;
    }
    fdp_messaging::dead_letters::run_if_asked(Service::Marketing.name())?;
    let mut service = fdp_runtime::Service::of(Service::Marketing)?;
    let pool = service.database(&MIGRATIONS)?;
    let silent = Outbox::silent(Service::Marketing.name());
    service.consume(Service::Marketing.consumes(), &pool, &silent, OrderEvents)?;
    service.retain(&pool, &RETAINED)?;
    let recommendations = Recommendations::new(Arc::new(PgPopularities(pool)));
    service.serve(http::routes(recommendations)).await?;
    Ok(())
}

/// `marketing rebuild`: rebuilds all counts from the start of the topics. If Kafka has dropped events, the rebuild
/// needs `--from-what-is-left` to go on without them.
async fn rebuild() -> anyhow::Result<()> {
    let from = rebuild::Source::arguments(std::env::args().skip(2))?;
    let url = config::required("DATABASE_URL", "postgres://user:password@host:5432/marketing")?;
    let cluster = Cluster::from_environment()?;
    let pool = database::lazy_pool(&url, "marketing-rebuild", 1)?;
    let topics = Service::Marketing.consumes();
    let done = rebuild::rebuild(&pool, &cluster, topics, &OrderEvents, from)
        .await
        .context("making the recommendations anew; they are as they were")?;
    println!(
        "recommendations made anew from {} events; {} more concern no recommendation, {} cannot be read",
        done.events, done.passed_over, done.unreadable
    );
    Ok(())
}
