//! Creates the topics of the platform that are missing. Existing topics are never changed.

use crate::kafka_sign_in;
use crate::owned_topics::{self, Mark, OwnerError};
use crate::owner::Clash;
use crate::refusals::{Refusals, SignInRefused};
use crate::retry::{OutOfTime, until_it_works};
use fdp_catalogue::topic;
use fdp_messaging::kafka::{self, Cluster};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const BROKER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a mark without which the setup goes on may take.
const MARKING: Duration = Duration::from_secs(15);
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
    /// The topics are another platform's.
    #[error(transparent)]
    Clash(#[from] Clash),
    /// Kafka refuses the credentials.
    #[error(transparent)]
    SignIn(#[from] SignInRefused),
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
    #[error(transparent)]
    Owner(#[from] OwnerError),
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
/// unchanged: another number of partitions would separate events with the same key. They get the mark, if there is one; if
/// they are another platform's, nothing is created where the mark insists, and else that platform is returned.
///
/// # Errors
/// When the prefix is another platform's; when Kafka refuses the credentials for a while; when it does not answer in time, or
/// keeps refusing.
pub async fn create(
    cluster: &Cluster,
    size: Size,
    mark: Option<Mark<'_>>,
    deadline: Instant,
) -> Result<Option<String>, TopicsError> {
    let mut config = kafka::base(cluster.brokers(), "setup");
    if kafka::is_open() {
        // While the brokers are starting, every failed attempt to connect would be logged. With authentication the log
        // stays on, because it shows why that failed.
        config.set("log_level", "2");
    }
    let client = config
        .create::<AdminClient<DefaultClientContext>>()
        .map_err(|source| TopicsError::Client {
            brokers: cluster.brokers().to_owned(),
            source,
        })?;
    let client = Arc::new(client);
    let refusals = Refusals::default();
    until_it_works("creating the topics in Kafka", deadline, || {
        attempt(client.clone(), cluster, size, mark, &refusals)
    })
    .await??;
    Ok(match mark {
        Some(mark) if !mark.insists => tolerated(&client, cluster, size, mark).await,
        _ => None,
    })
}

/// The other platform that has marked the topics. Whoever may make no topic there gets no mark, and goes on.
async fn tolerated(
    client: &Arc<AdminClient<DefaultClientContext>>,
    cluster: &Cluster,
    size: Size,
    mark: Mark<'_>,
) -> Option<String> {
    let claimed = until_it_works("marking the topics", Instant::now() + MARKING, || {
        claim(client.clone(), cluster, size, mark)
    });
    match claimed.await {
        Ok(claimed) => claimed.err()?.other().map(str::to_owned),
        Err(error) => {
            tracing::warn!(%error, "nobody knows whether another platform has the same topics");
            None
        }
    }
}

async fn attempt(
    client: Arc<AdminClient<DefaultClientContext>>,
    cluster: &Cluster,
    size: Size,
    mark: Option<Mark<'_>>,
    refusals: &Refusals,
) -> Result<Result<(), TopicsError>, NotYet> {
    let made = make(client, cluster, size, mark).await;
    let answer = match &made {
        Err(NotYet::Fetch(_)) => refusal(cluster).await,
        _ => None,
    };
    let for_long = refusals.last(answer.is_some(), Instant::now());
    match answer {
        Some(answer) if for_long => {
            let server = "kafka";
            Ok(Err(SignInRefused { server, answer }.into()))
        }
        _ => made.map(|made| made.map_err(TopicsError::Clash)),
    }
}

/// The words with which the brokers refuse the credentials.
async fn refusal(cluster: &Cluster) -> Option<String> {
    if kafka::is_open() {
        return None;
    }
    let config = kafka::base(cluster.brokers(), "setup");
    tokio::task::spawn_blocking(move || kafka_sign_in::refusal(config))
        .await
        .ok()?
}

async fn make(
    client: Arc<AdminClient<DefaultClientContext>>,
    cluster: &Cluster,
    size: Size,
    mark: Option<Mark<'_>>,
) -> Result<Result<(), Clash>, NotYet> {
    if let Some(mark) = mark.filter(|mark| mark.insists) {
        let claimed = claim(client.clone(), cluster, size, mark).await?;
        // Trying again would not help.
        if claimed.is_err() {
            return Ok(claimed);
        }
    }
    let present = create_missing(client, cluster, &topic::all(), size).await?;
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
    Ok(Ok(()))
}

async fn claim(
    client: Arc<AdminClient<DefaultClientContext>>,
    cluster: &Cluster,
    size: Size,
    mark: Mark<'_>,
) -> Result<Result<(), Clash>, NotYet> {
    create_missing(client, cluster, &[owned_topics::TOPIC.to_owned()], size).await?;
    Ok(owned_topics::claim(cluster, mark.owner).await?)
}

/// Creates those of the `desired` topics that are missing. Returns all topics of the platform, once these are usable.
async fn create_missing(
    client: Arc<AdminClient<DefaultClientContext>>,
    cluster: &Cluster,
    desired: &[String],
    size: Size,
) -> Result<BTreeMap<String, Partitions>, NotYet> {
    let present = present(client.clone(), cluster).await?;
    let missing: Vec<&String> = desired
        .iter()
        .filter(|topic| !present.contains_key(*topic))
        .collect();
    if !missing.is_empty() {
        let there: Vec<String> = missing.iter().map(|topic| cluster.name_there(topic)).collect();
        let new = missing.iter().zip(&there);
        let new: Vec<NewTopic<'_>> = new.map(|(topic, there)| new_topic(topic, there, size)).collect();
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
        self::present(client, cluster).await?
    };
    let leaderless: Vec<&str> = desired
        .iter()
        .filter(|topic| !present.get(*topic).is_some_and(|partitions| partitions.all_led))
        .map(String::as_str)
        .collect();
    if !leaderless.is_empty() {
        return Err(NotYet::Leaderless(leaderless.join(", ")));
    }
    Ok(present)
}

fn new_topic<'a>(name: &str, there: &'a str, size: Size) -> NewTopic<'a> {
    let replication = TopicReplication::Fixed(size.replicas);
    if topic::EVENTS.contains(&name) {
        let topic = NewTopic::new(there, size.partitions, replication);
        return if topic::is_compacted(name) {
            topic.set("cleanup.policy", "compact")
        } else {
            topic
        };
    }
    let topic = NewTopic::new(there, 1, replication);
    if name == owned_topics::TOPIC {
        topic.set("retention.ms", "-1").set("retention.bytes", "-1")
    } else {
        topic.set("retention.ms", KEEP_DEAD_LETTERS)
    }
}

struct Partitions {
    count: usize,
    all_led: bool,
}

/// The topics that start with the platform's prefix, by the names that they have without it.
async fn present(
    client: Arc<AdminClient<DefaultClientContext>>,
    cluster: &Cluster,
) -> Result<BTreeMap<String, Partitions>, NotYet> {
    let metadata = tokio::task::spawn_blocking(move || client.inner().fetch_metadata(None, BROKER_TIMEOUT))
        .await?
        .map_err(NotYet::Fetch)?;
    Ok(metadata
        .topics()
        .iter()
        .filter_map(|topic| {
            let name = topic.name().strip_prefix(cluster.prefix())?;
            let partitions = Partitions {
                count: topic.partitions().len(),
                all_led: !topic.partitions().is_empty()
                    && topic.partitions().iter().all(|partition| partition.leader() >= 0),
            };
            Some((name.to_owned(), partitions))
        })
        .collect())
}
