//! Whether the prefix that a platform would use in Kafka is its own, or the topics without one: a topic beside the others says
//! whose they are.
//!
//! Its first message counts, and stays for ever: of two platforms that come at the same time, the broker puts one first. A
//! compacted topic would forget that order, and Kafka keeps no other note with a topic.

use crate::owner::{Clash, KAFKA_FIELD, Owner};
use fdp_messaging::kafka::{self, Cluster};
use fdp_messaging::topic_reader::{ReadError, TopicReader};
use rdkafka::Message as _;
use rdkafka::error::KafkaError;
use rdkafka::producer::FutureRecord;
use std::time::Duration;

/// The topic that says whose prefix it is.
pub const TOPIC: &str = "fooddelivery.owner";
const CLIENT: &str = "setup";
const PUBLISH: Duration = Duration::from_secs(5);

/// A mark that topics get.
#[derive(Debug, Clone, Copy)]
pub struct Mark<'a> {
    /// The platform.
    pub owner: &'a Owner,
    /// Whether nothing is done if the topics are another platform's.
    pub insists: bool,
}

/// Why nobody can tell yet whose the prefix is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnerError {
    #[error("reading whose topics they are: {0}")]
    Read(#[from] ReadError),
    #[error("reading whose topics they are: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
    #[error("writing down whose topics they are: {0}")]
    Write(KafkaError),
    #[error("the topic {TOPIC} does not tell yet whose topics they are")]
    Empty,
}

/// Claims the prefix for `owner` if it is nobody's yet. The topic has to exist.
pub(crate) async fn claim(cluster: &Cluster, owner: &Owner) -> Result<Result<(), Clash>, OwnerError> {
    let mut first = first(cluster).await?;
    if first.is_none() {
        write(cluster, owner).await?;
        first = self::first(cluster).await?;
    }
    let known = first.ok_or(OwnerError::Empty)?;
    let same = Owner::find(&known).is_some_and(|known| known.platform == owner.platform);
    if same {
        return Ok(Ok(()));
    }
    let other = Owner::find(&known).map_or(known, |known| known.platform);
    Ok(Err(Clash::Marked {
        what: "the topic",
        name: cluster.name_there(TOPIC),
        other,
        field: KAFKA_FIELD,
    }))
}

/// The first message of the topic.
async fn first(cluster: &Cluster) -> Result<Option<String>, OwnerError> {
    let cluster = cluster.clone();
    let read = tokio::task::spawn_blocking(move || {
        let mut reader = TopicReader::new(&cluster, CLIENT, CLIENT, TOPIC)?;
        reader.open(0, None)?.batch(1)
    });
    let messages = read.await??;
    let payload = messages
        .first()
        .map(|message| message.payload().unwrap_or_default());
    Ok(payload.map(|payload| String::from_utf8_lossy(payload).into_owned()))
}

async fn write(cluster: &Cluster, owner: &Owner) -> Result<(), OwnerError> {
    let (topic, payload) = (cluster.name_there(TOPIC), owner.to_string());
    let producer = kafka::producer(cluster, CLIENT).map_err(OwnerError::Write)?;
    let record = FutureRecord::to(&topic).key(&owner.platform).payload(&payload);
    producer
        .send(record, PUBLISH)
        .await
        .map(drop)
        .map_err(|(error, _)| OwnerError::Write(error))
}
