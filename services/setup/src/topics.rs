//! Creates the topics of the platform that are missing. Existing topics are never changed.

use crate::retry::{OutOfTime, until_it_works};
use fdp_catalogue::topic;
use fdp_messaging::kafka;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const BROKER_TIMEOUT: Duration = Duration::from_secs(5);
/// Thirty days, in milliseconds: enough time for someone to look at them.
const KEEP_DEAD_LETTERS: &str = "2592000000";

/// Why the topics could not be created.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// The client rejects its settings.
    #[error("making a Kafka client for {brokers}: {source}")]
    Client {
        /// The brokers.
        brokers: String,
        /// The client's error.
        source: KafkaError,
    },
    /// Kafka did not answer, or some topics were not available in time.
    #[error(transparent)]
    OutOfTime(#[from] OutOfTime),
}

/// Why an attempt failed; the next one may succeed.
#[derive(Debug, thiserror::Error)]
enum NotYet {
    #[error("asking for the topics: {0}")]
    Fetch(KafkaError),
    #[error("asking for the topics: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
    #[error("creating topics: {0}")]
    Create(KafkaError),
    #[error("creating the topic {topic}: {code}")]
    Topic { topic: String, code: RDKafkaErrorCode },
    #[error("these topics have no leader yet: {0}")]
    Leaderless(String),
}

/// The size of new topics.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Partitions of each event topic. A dead-letter topic gets one: it has few messages, in no particular order.
    pub partitions: i32,
    /// Replicas of each partition; -1 uses the brokers' default.
    pub replicas: i32,
}

/// Waits for Kafka until `deadline`, creates every missing topic, and waits until all are usable. Existing topics are
/// unchanged: another number of partitions would separate events with the same key.
///
/// # Errors
/// When Kafka does not answer in time, or keeps refusing.
pub async fn create(brokers: &str, size: Size, deadline: Instant) -> Result<(), TopicsError> {
    let mut config = kafka::base(brokers, "setup");
    if kafka::is_open() {
        // While the brokers are starting, every failed attempt to connect would be logged. With authentication the log
        // stays on, because it shows why that failed.
        config.set("log_level", "2");
    }
    let client = config
        .create::<AdminClient<DefaultClientContext>>()
        .map_err(|source| TopicsError::Client {
            brokers: brokers.to_owned(),
            source,
        })?;
    let client = Arc::new(client);
    let desired = topic::all();
    until_it_works("creating the topics in Kafka", deadline, || {
        attempt(client.clone(), &desired, size)
    })
    .await?;
    Ok(())
}

async fn attempt(
    client: Arc<AdminClient<DefaultClientContext>>,
    desired: &[String],
    size: Size,
) -> Result<(), NotYet> {
    let present = present(client.clone()).await?;
    let missing: Vec<&String> = desired
        .iter()
        .filter(|topic| !present.contains_key(*topic))
        .collect();
    if !missing.is_empty() {
        let new: Vec<NewTopic<'_>> = missing.iter().map(|topic| new_topic(topic, size)).collect();
        let answers = client
            .create_topics(&new, &AdminOptions::new().operation_timeout(Some(BROKER_TIMEOUT)))
            .await
            .map_err(NotYet::Create)?;
        for answer in answers {
            match answer {
                Ok(topic) => tracing::info!(topic, "created"),
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(NotYet::Topic { topic, code }),
            }
        }
    }
    let present = if missing.is_empty() {
        present
    } else {
        self::present(client).await?
    };
    let leaderless: Vec<&str> = desired
        .iter()
        .filter(|topic| !present.get(*topic).is_some_and(|partitions| partitions.all_led))
        .map(String::as_str)
        .collect();
    if !leaderless.is_empty() {
        return Err(NotYet::Leaderless(leaderless.join(", ")));
    }
    for topic in topic::EVENTS {
        let count = present.get(topic).map_or(0, |partitions| partitions.count);
        if i32::try_from(count).is_ok_and(|count| count < size.partitions) {
            tracing::warn!(
                topic,
                count,
                wanted = size.partitions,
                "has fewer partitions than asked for, and keeps them"
            );
        }
    }
    Ok(())
}

fn new_topic(name: &str, size: Size) -> NewTopic<'_> {
    let replication = TopicReplication::Fixed(size.replicas);
    if topic::EVENTS.contains(&name) {
        NewTopic::new(name, size.partitions, replication)
    } else {
        NewTopic::new(name, 1, replication).set("retention.ms", KEEP_DEAD_LETTERS)
    }
}

struct Partitions {
    count: usize,
    all_led: bool,
}

async fn present(
    client: Arc<AdminClient<DefaultClientContext>>,
) -> Result<BTreeMap<String, Partitions>, NotYet> {
    let metadata = tokio::task::spawn_blocking(move || client.inner().fetch_metadata(None, BROKER_TIMEOUT))
        .await?
        .map_err(NotYet::Fetch)?;
    Ok(metadata
        .topics()
        .iter()
        .map(|topic| {
            let partitions = Partitions {
                count: topic.partitions().len(),
                all_led: !topic.partitions().is_empty()
                    && topic.partitions().iter().all(|partition| partition.leader() >= 0),
            };
            (topic.name().to_owned(), partitions)
        })
        .collect())
}
