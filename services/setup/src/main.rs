//! The job that makes databases, roles and topics; it ends with 0 when all are there.

use anyhow::Context as _;
use clap::Parser as _;
use setup::{databases, settings::Settings, topics};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::parse();
    tracing_subscriber::fmt().json().flatten_event(true).init();
    let deadline = Instant::now() + Duration::from_secs(settings.setup_timeout);
    let wanted = databases::read_directory(&settings.databases_dir)?;
    let size = topics::Size {
        partitions: settings.topic_partitions,
        replicas: settings.topic_replication,
    };
    let in_postgres = async {
        databases::create(&settings.postgres_url, &wanted, deadline)
            .await
            .context("setting up PostgreSQL")
    };
    let in_kafka = async {
        topics::create(&settings.kafka_brokers, size, deadline)
            .await
            .context("setting up Kafka")
    };
    tokio::try_join!(in_postgres, in_kafka)?;
    tracing::info!(databases = wanted.len(), "databases, roles and topics are there");
    Ok(())
}
