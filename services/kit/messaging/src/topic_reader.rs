//! Reads the current content of a topic from a chosen offset: for commands that run outside the consumer groups.

use crate::kafka::{self, Cluster};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Message, OwnedMessage};
use rdkafka::metadata::MetadataPartition;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

/// How long the broker may take to answer, or to send the next message.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why a topic could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The broker or the client reported an error.
    #[error("{doing} of the topic {topic}: {source}")]
    Kafka {
        /// The operation that failed.
        doing: &'static str,
        /// The topic.
        topic: String,
        /// The error.
        source: KafkaError,
    },
    /// The topic does not exist.
    #[error("there is no topic {0}")]
    NoTopic(String),
    /// The broker stopped sending.
    #[error("no further message of the topic {topic} came in {} s", TIMEOUT.as_secs())]
    Timeout {
        /// The topic.
        topic: String,
    },
}

/// Reads one topic.
pub struct TopicReader {
    consumer: BaseConsumer,
    topic: String,
}

/// The rest of one partition: up to its end at the time when it was opened.
pub struct PartitionRange<'a> {
    reader: &'a mut TopicReader,
    partition: i32,
    next: i64,
    end: i64,
}

impl TopicReader {
    /// A reader of `topic` that commits its progress as `group`, without joining that group. The group should have no
    /// members.
    ///
    /// # Errors
    /// When the client rejects its settings.
    pub fn new(cluster: &Cluster, client_id: &str, group: &str, topic: &str) -> Result<Self, ReadError> {
        let topic = cluster.name_there(topic);
        let consumer = kafka::client(cluster, client_id)
            .set("group.id", cluster.name_there(group))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("queued.max.messages.kbytes", "4096")
            .create()
            .map_err(failed("making a reader", &topic))?;
        Ok(Self { consumer, topic })
    }

    /// The topic's partitions.
    ///
    /// # Errors
    /// When the broker does not answer, or the topic does not exist.
    pub fn partitions(&self) -> Result<Vec<i32>, ReadError> {
        let metadata = self
            .consumer
            .fetch_metadata(Some(&self.topic), TIMEOUT)
            .map_err(failed("asking for the partitions", &self.topic))?;
        let topics = metadata.topics().iter();
        let partitions: Vec<i32> = topics
            .flat_map(|topic| topic.partitions().iter().map(MetadataPartition::id))
            .collect();
        if partitions.is_empty() {
            return Err(ReadError::NoTopic(self.topic.clone()));
        }
        Ok(partitions)
    }

    /// The group's committed offset in a partition (the next one to read), if there is one.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn noted(&self, partition: i32) -> Result<Option<i64>, ReadError> {
        let mut asked = TopicPartitionList::new();
        asked.add_partition(&self.topic, partition);
        let noted = self
            .consumer
            .committed_offsets(asked, TIMEOUT)
            .map_err(failed("asking for the noted place", &self.topic))?;
        Ok(noted.elements().first().and_then(|place| match place.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }))
    }

    /// The offset of the first message that a partition still holds, which is also how many messages Kafka has dropped.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn start(&self, partition: i32) -> Result<i64, ReadError> {
        Ok(self.ends(partition)?.0)
    }

    /// The offset of the first message that a partition still holds, and the one that the next message will get.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn ends(&self, partition: i32) -> Result<(i64, i64), ReadError> {
        self.consumer
            .fetch_watermarks(&self.topic, partition, TIMEOUT)
            .map_err(failed("asking for the ends", &self.topic))
    }

    /// Opens the current content of a partition, from the offset `from`, or from its start.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn open(&mut self, partition: i32, from: Option<i64>) -> Result<PartitionRange<'_>, ReadError> {
        let (low, end) = self.ends(partition)?;
        let next = from.unwrap_or(low).max(low);
        let mut place = TopicPartitionList::new();
        place
            .add_partition_offset(&self.topic, partition, Offset::Offset(next))
            .and_then(|()| self.consumer.assign(&place))
            .map_err(failed("going to the place", &self.topic))?;
        Ok(PartitionRange {
            reader: self,
            partition,
            next,
            end,
        })
    }
}

impl PartitionRange<'_> {
    /// The next messages, at most `most`; none when all are read. It blocks the thread while it waits.
    ///
    /// # Errors
    /// When the broker fails or does not answer.
    pub fn batch(&mut self, most: usize) -> Result<Vec<OwnedMessage>, ReadError> {
        let mut messages = Vec::new();
        let mut deadline = Instant::now() + TIMEOUT;
        while self.next < self.end && messages.len() < most {
            match self.reader.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    self.next = message.offset() + 1;
                    if message.offset() < self.end {
                        messages.push(message.detach());
                    }
                    deadline = Instant::now() + TIMEOUT;
                }
                // The last offsets may hold no messages (transaction markers).
                Some(Err(KafkaError::PartitionEOF(_))) => self.next = self.end,
                // The client itself retries a broker that cannot be reached.
                Some(Err(error)) if Instant::now() > deadline => {
                    return Err(failed("reading", &self.reader.topic)(error));
                }
                None if Instant::now() > deadline => {
                    return Err(ReadError::Timeout {
                        topic: self.reader.topic.clone(),
                    });
                }
                Some(Err(_)) | None => {}
            }
        }
        Ok(messages)
    }

    /// Commits the offset `next` for the group; it is durable when this returns.
    ///
    /// # Errors
    /// When the broker does not commit it.
    pub fn note(&self, next: i64) -> Result<(), ReadError> {
        let (topic, mut place) = (&self.reader.topic, TopicPartitionList::new());
        place
            .add_partition_offset(topic, self.partition, Offset::Offset(next))
            .and_then(|()| self.reader.consumer.commit(&place, CommitMode::Sync))
            .map_err(failed("noting the place", topic))
    }
}

fn failed<'a>(doing: &'static str, topic: &'a str) -> impl FnOnce(KafkaError) -> ReadError + 'a {
    move |source| ReadError::Kafka {
        doing,
        topic: topic.to_owned(),
        source,
    }
}
