//! The job that creates databases, roles and topics, and exits with 0 when all exist; or, with `in-sync`, a server
//! beside a broker that reports whether the broker is in sync.

use anyhow::Context as _;
use clap::Parser as _;
use setup::{databases, in_sync, settings::Settings, topics};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "in-sync") {
        let settings = in_sync::Settings::parse_from(arguments);
        tracing_subscriber::fmt().json().flatten_event(true).init();
        return in_sync::serve(&settings)
            .await
            .context("telling whether the broker is in sync");
    }
    let settings = Settings::parse();
    tracing_subscriber::fmt().json().flatten_event(true).init();
    create(settings).await
}

async fn create(settings: Settings) -> anyhow::Result<()> {
    fdp_messaging::kafka::check_environment()?;
    let deadline = Instant::now() + Duration::from_secs(settings.setup_timeout);
    let desired = databases::read_directory(&settings.databases_dir, &settings.database_prefix)?;
    let size = topics::Size {
        partitions: settings.topic_partitions,
        replicas: settings.topic_replication,
    };
    let in_postgres = async {
        databases::create(&settings.postgres_url, &desired, deadline)
            .await
            .context("setting up PostgreSQL")
    };
    let in_kafka = async {
        topics::create(&settings.kafka_brokers, size, deadline)
            .await
            .context("setting up Kafka")
    };
    tokio::try_join!(in_postgres, in_kafka)?;
    tracing::info!(databases = desired.len(), "databases, roles and topics are there");
    Ok(())
}
