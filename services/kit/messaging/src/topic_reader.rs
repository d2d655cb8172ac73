//! Reading what a topic holds now, from an offset that the reader chooses: for commands, beside the consumer groups.

use crate::kafka;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Message, OwnedMessage};
use rdkafka::metadata::MetadataPartition;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

/// How long the broker may take to answer, or to send the next message.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What keeps a topic from being read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The broker, or the client, said no.
    #[error("{doing} of the topic {topic}: {source}")]
    Kafka {
        /// What was being done.
        doing: &'static str,
        /// The topic.
        topic: String,
        /// What was said.
        source: KafkaError,
    },
    /// There is nothing to read.
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

/// What is left to read of one partition: up to where it ended when it was opened.
pub struct Stretch<'a> {
    reader: &'a mut TopicReader,
    partition: i32,
    next: i64,
    end: i64,
}

impl TopicReader {
    /// A reader of `topic` that notes as `group` how far it has come. It is no member of that group, which should have
    /// none.
    ///
    /// # Errors
    /// When the client refuses its settings.
    pub fn new(brokers: &str, client_id: &str, group: &str, topic: &str) -> Result<Self, ReadError> {
        let consumer = kafka::base(brokers, client_id)
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()
            .map_err(failed("making a reader", topic))?;
        Ok(Self {
            consumer,
            topic: topic.to_owned(),
        })
    }

    /// The topic's partitions.
    ///
    /// # Errors
    /// When the broker does not answer, or has no such topic.
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

    /// How far the group has come in a partition: the offset that it is to read next, if it noted one.
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

    /// The offset of the first message that a partition still holds: of how many Kafka has dropped before it.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn start(&self, partition: i32) -> Result<i64, ReadError> {
        let (start, _end) = self
            .consumer
            .fetch_watermarks(&self.topic, partition, TIMEOUT)
            .map_err(failed("asking for the ends", &self.topic))?;
        Ok(start)
    }

    /// What a partition holds now, from the offset `from` on, or from its start.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn open(&mut self, partition: i32, from: Option<i64>) -> Result<Stretch<'_>, ReadError> {
        let (low, end) = self
            .consumer
            .fetch_watermarks(&self.topic, partition, TIMEOUT)
            .map_err(failed("asking for the ends", &self.topic))?;
        let next = from.unwrap_or(low).max(low);
        let mut place = TopicPartitionList::new();
        place
            .add_partition_offset(&self.topic, partition, Offset::Offset(next))
            .and_then(|()| self.consumer.assign(&place))
            .map_err(failed("going to the place", &self.topic))?;
        Ok(Stretch {
            reader: self,
            partition,
            next,
            end,
        })
    }
}

impl Stretch<'_> {
    /// The next messages, `most` at most; none when all are read. It blocks the thread while it waits.
    ///
    /// # Errors
    /// When the broker fails or falls silent.
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
                // The last offsets may be no messages.
                Some(Err(KafkaError::PartitionEOF(_))) => self.next = self.end,
                // A broker that cannot be reached is tried again by the client itself.
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

    /// Notes that the group is to read `next` next; kept when it returns.
    ///
    /// # Errors
    /// When the broker does not keep it.
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
