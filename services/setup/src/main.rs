//! The job that creates databases, roles and topics, and exits with 0 when all exist. With `drain`, it waits until every event is
//! read; with `mirror`, it copies topics from one Kafka to another; with `reach`, it tries whether servers can be reached; with
//! `in-sync`, it is a server beside a broker that reports whether the broker is in sync.

use anyhow::Context as _;
use clap::Parser as _;
use fdp_catalogue::variables;
use fdp_messaging::kafka::Cluster;
use setup::mirror::MirrorError;
use setup::owned_topics::Mark;
use setup::owner::Owner;
use setup::settings::Settings;
use setup::{databases, drain, in_sync, last_words, mirror, mongodb, reach, topics};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
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
    if arguments.first().is_some_and(|first| first == "mirror") {
        let settings = mirror::Settings::parse_from(arguments);
        tracing_subscriber::fmt().json().flatten_event(true).init();
        return mirror(settings).await;
    }
    if arguments.first().is_some_and(|first| first == "drain") {
        let settings = drain::Settings::parse_from(arguments);
        tracing_subscriber::fmt().json().flatten_event(true).init();
        return drain(&settings).await;
    }
    if arguments.first().is_some_and(|first| first == "reach") {
        let settings = reach::Settings::parse_from(arguments);
        tracing_subscriber::fmt().json().flatten_event(true).init();
        let all_reached = reach::run(settings).await;
        // At once: a resolver that still waits for a name server would keep the runtime from ending.
        std::process::exit(i32::from(!all_reached));
    }
    let settings = Settings::parse();
    tracing_subscriber::fmt().json().flatten_event(true).init();
    let clash_file = settings.clash_file.clone();
    let created = create(settings).await;
    if let Some(words) = created.as_ref().err().and_then(last_words::of) {
        last_words::tell(&words, &clash_file);
    }
    created
}

/// Waits until everything is read. What is left when the time is up is told, and no failure.
async fn drain(settings: &drain::Settings) -> anyhow::Result<()> {
    let cluster = Cluster::from_environment()?;
    let left = drain::drain(settings, &cluster)
        .await
        .map(|left| left.to_string());
    match &left {
        Ok(left) if left.is_empty() => last_words::tell("everything is read", &settings.told_file),
        Ok(left) => last_words::tell(&format!("the time is up: {left}"), &settings.told_file),
        Err(error) => last_words::tell(&error.to_string(), &settings.told_file),
    }
    left.context("letting everything be read")?;
    Ok(())
}

/// Copies the topics until it is done, or until the pod is stopped: by then another copy may have begun.
async fn mirror(settings: mirror::Settings) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for the signal to stop")?;
    let copying = async {
        let clusters = Cluster::from_variables(variables::OLD)
            .and_then(|old| Cluster::from_environment().map(|new| (old, new)));
        let (old, new) = clusters.map_err(MirrorError::from)?;
        mirror::mirror(old, new, settings.groups).await
    };
    let copied = tokio::select! {
        copied = copying => copied,
        // The thread that copies would go on.
        _ = terminate.recv() => std::process::exit(1),
    };
    match &copied {
        Ok(mirrored) => last_words::tell(&mirrored.to_string(), &settings.told_file),
        Err(error) => last_words::tell(&error.to_string(), &settings.told_file),
    }
    copied.context("copying the topics")?;
    Ok(())
}

async fn create(settings: Settings) -> anyhow::Result<()> {
    fdp_messaging::kafka::check_environment()?;
    let deadline = Instant::now() + Duration::from_secs(settings.setup_timeout);
    let prefix = settings.database_prefix.as_deref();
    let desired = databases::read_directory(&settings.databases_dir, prefix.unwrap_or_default())?;
    let size = topics::Size {
        partitions: settings.topic_partitions,
        replicas: settings.topic_replication,
    };
    let owner = settings.owner.map(|platform| Owner {
        platform,
        uid: settings.owner_uid,
    });
    let cluster = Cluster::new(settings.kafka_brokers, settings.kafka_prefix);
    // Nobody else is meant to use a server for which no prefix is told, not even an empty one.
    let in_postgres = owner.as_ref().filter(|_| prefix.is_some());
    let mark = owner.as_ref().and_then(|owner| {
        let has_prefix = !cluster.prefix().is_empty();
        (has_prefix || settings.mark_topics).then_some(Mark {
            owner,
            insists: has_prefix,
        })
    });
    let in_postgres = async {
        databases::create(&settings.postgres_url, &desired, in_postgres, deadline)
            .await
            .context("setting up PostgreSQL")
    };
    let in_kafka = async {
        topics::create(&cluster, size, mark, deadline)
            .await
            .context("setting up Kafka")
    };
    let in_mongodb = async {
        match &settings.mongodb_url {
            Some(url) => {
                let in_mongodb = owner.as_ref().filter(|_| settings.mark_mongodb);
                mongodb::sign_in(url, in_mongodb, deadline)
                    .await
                    .context("signing in to MongoDB")
            }
            None => Ok(()),
        }
    };
    let ((), other, ()) = tokio::try_join!(in_postgres, in_kafka, in_mongodb)?;
    if let Some(other) = other {
        tracing::warn!(
            other,
            "has the same topics, so that each takes the other's events"
        );
        last_words::tell(&last_words::of_shared_topics(&other), &settings.clash_file);
    }
    tracing::info!(databases = desired.len(), "databases, roles and topics are there");
    Ok(())
}
