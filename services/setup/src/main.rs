//! The job that creates databases, roles and topics, and exits with 0 when all exist; or, with `in-sync`, a server
//! beside a broker that reports whether the broker is in sync.

use anyhow::Context as _;
use clap::Parser as _;
use fdp_catalogue::variables;
use fdp_messaging::kafka::Cluster;
use setup::databases::{self, DatabasesError};
use setup::owner::{Clash, Owner};
use setup::topics::{self, TopicsError};
use setup::{in_sync, settings::Settings};
use std::path::Path;
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
    let clash_file = settings.clash_file.clone();
    let created = create(settings).await;
    if let Some(clash) = created.as_ref().err().and_then(clash) {
        tell(clash, &clash_file);
    }
    created
}

/// The platform's names that are another one's, if that is why nothing was created.
fn clash(error: &anyhow::Error) -> Option<&Clash> {
    if let Some(DatabasesError::Clash(clash)) = error.downcast_ref() {
        return Some(clash);
    }
    match error.downcast_ref() {
        Some(TopicsError::Clash(clash)) => Some(clash),
        _ => None,
    }
}

/// Tells the operator, which reads what a container has written here.
fn tell(clash: &Clash, file: &Path) {
    let words = format!("{} {}: {clash}", variables::CLASH, clash.server());
    if let Err(error) = std::fs::write(file, words) {
        tracing::warn!(%error, file = %file.display(), "the operator cannot be told");
    }
}

async fn create(settings: Settings) -> anyhow::Result<()> {
    fdp_messaging::kafka::check_environment()?;
    let deadline = Instant::now() + Duration::from_secs(settings.setup_timeout);
    let desired = databases::read_directory(&settings.databases_dir, &settings.database_prefix)?;
    let size = topics::Size {
        partitions: settings.topic_partitions,
        replicas: settings.topic_replication,
    };
    let owner = settings.owner.map(|platform| Owner {
        platform,
        uid: settings.owner_uid,
    });
    let cluster = Cluster::new(settings.kafka_brokers, settings.kafka_prefix);
    // Without a prefix nobody else is meant to use the server.
    let in_postgres = owner.as_ref().filter(|_| !settings.database_prefix.is_empty());
    let in_kafka = owner.as_ref().filter(|_| !cluster.prefix().is_empty());
    let in_postgres = async {
        databases::create(&settings.postgres_url, &desired, in_postgres, deadline)
            .await
            .context("setting up PostgreSQL")
    };
    let in_kafka = async {
        topics::create(&cluster, size, in_kafka, deadline)
            .await
            .context("setting up Kafka")
    };
    tokio::try_join!(in_postgres, in_kafka)?;
    tracing::info!(databases = desired.len(), "databases, roles and topics are there");
    Ok(())
}
