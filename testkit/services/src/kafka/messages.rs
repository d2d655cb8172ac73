//! Publishes, reads and counts the messages in the broker's topics.

use super::broker::Kafka;
use anyhow::{Context, Result, ensure};
use fdp_test_process::wait;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::metadata::MetadataPartition;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

const CALL: Duration = Duration::from_secs(5);
/// The timeout for the broker to return the messages of a topic.
const READ: Duration = Duration::from_secs(30);
/// The header that marks messages that a test has added to those of the services.
const COPY: &str = "copy";

/// A message in a topic.
#[derive(Debug, Clone)]
pub struct Record {
    pub key: String,
    pub payload: String,
    pub headers: Vec<(String, String)>,
}

impl Record {
    /// Whether [`Kafka::publish_copies`] published it.
    pub fn is_copy(&self) -> bool {
        self.headers.iter().any(|(name, _)| name == COPY)
    }
}

impl Kafka {
    /// Publishes one message to `partition`, or to the partition of its key, and returns when the broker has stored
    /// it.
    ///
    /// # Errors
    /// When the broker does not confirm it in time.
    pub fn publish(&self, topic: &str, partition: Option<i32>, key: &str, payload: &str) -> Result<()> {
        let producer: BaseProducer = self.client("saga").create()?;
        let mut record = BaseRecord::to(topic).key(key).payload(payload);
        if let Some(partition) = partition {
            record = record.partition(partition);
        }
        producer
            .send(record)
            .map_err(|(error, _)| error)
            .with_context(|| format!("publishing to {topic}"))?;
        producer
            .flush(CALL)
            .with_context(|| format!("publishing to {topic}"))
    }

    /// Publishes each of `copies` to its partition (or to the partition of its key), in their order, with a header
    /// that distinguishes them from the services' messages; returns when the broker has stored them all.
    ///
    /// # Errors
    /// When the broker does not confirm them in time.
    pub fn publish_copies<'a>(
        &self,
        topic: &str,
        copies: impl IntoIterator<Item = (Option<i32>, &'a Record)>,
    ) -> Result<()> {
        let producer: BaseProducer = self.client("saga").create()?;
        for (partition, copy) in copies {
            let mark = OwnedHeaders::new().insert(Header {
                key: COPY,
                value: Some("yes"),
            });
            let mut record = BaseRecord::to(topic)
                .key(&copy.key)
                .payload(&copy.payload)
                .headers(mark);
            record.partition = partition;
            producer
                .send(record)
                .map_err(|(error, _)| error)
                .with_context(|| format!("publishing copies to {topic}"))?;
        }
        producer
            .flush(CALL)
            .with_context(|| format!("publishing copies to {topic}"))
    }

    /// All messages in `topic`.
    ///
    /// # Errors
    /// When the broker does not return them in time.
    pub fn records(&self, topic: &str) -> Result<Vec<Record>> {
        self.excerpt(topic, |all| all)
    }

    /// The messages in `topic` between the offsets that `choose` selects for each partition.
    ///
    /// # Errors
    /// When the broker does not return them in time.
    pub fn excerpt(
        &self,
        topic: &str,
        mut choose: impl FnMut(Range<i64>) -> Range<i64>,
    ) -> Result<Vec<Record>> {
        let consumer = self.consumer("saga-reader")?;
        let mut assignment = TopicPartitionList::new();
        let (mut ends, mut expected) = (BTreeMap::new(), 0);
        for partition in partitions(&consumer, topic)? {
            let (low, high) = consumer.fetch_watermarks(topic, partition, CALL)?;
            let chosen = choose(low..high);
            if !chosen.is_empty() {
                expected += usize::try_from(chosen.end - chosen.start)?;
                assignment.add_partition_offset(topic, partition, Offset::Offset(chosen.start))?;
                ends.insert(partition, chosen.end);
            }
        }
        consumer.assign(&assignment)?;
        let mut records = Vec::with_capacity(expected);
        let what = format!("{expected} messages of {topic}");
        // A long topic takes longer: a millisecond for each message is plenty.
        let deadline = READ + Duration::from_millis(expected as u64);
        wait::until(&what, deadline, || {
            while records.len() < expected {
                let Some(message) = consumer.poll(Duration::from_millis(200)) else {
                    return Ok(None);
                };
                let message = message?;
                if ends
                    .get(&message.partition())
                    .is_some_and(|end| message.offset() < *end)
                {
                    records.push(record(&message));
                }
            }
            Ok(Some(()))
        })?;
        Ok(records)
    }

    /// The number of messages in `topic`.
    ///
    /// # Errors
    /// When the broker does not respond.
    pub fn count(&self, topic: &str) -> Result<i64> {
        let consumer = self.consumer("saga-reader")?;
        let mut count = 0;
        for partition in partitions(&consumer, topic)? {
            let (low, high) = consumer.fetch_watermarks(topic, partition, CALL)?;
            count += high - low;
        }
        Ok(count)
    }

    /// The number of messages of `topics` that the consumer group `group` has not committed yet.
    ///
    /// # Errors
    /// When the broker does not respond.
    pub fn lag(&self, group: &str, topics: &[&str]) -> Result<i64> {
        let consumer = self.consumer(group)?;
        let mut asked = TopicPartitionList::new();
        for topic in topics {
            for partition in partitions(&consumer, topic)? {
                asked.add_partition(topic, partition);
            }
        }
        let mut lag = 0;
        for committed in consumer.committed_offsets(asked, CALL)?.elements() {
            let (low, high) = consumer.fetch_watermarks(committed.topic(), committed.partition(), CALL)?;
            let done = match committed.offset() {
                Offset::Offset(offset) => offset,
                _ => low,
            };
            lag += high - done;
        }
        Ok(lag)
    }

    /// The partitions of `topic`.
    ///
    /// # Errors
    /// When the broker does not respond, or has no such topic.
    pub fn partitions(&self, topic: &str) -> Result<Vec<i32>> {
        partitions(&self.consumer("saga")?, topic)
    }
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> Result<Vec<i32>> {
    let metadata = consumer
        .fetch_metadata(Some(topic), CALL)
        .with_context(|| format!("asking for the topic {topic}"))?;
    let partitions: Vec<i32> = metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions().iter().map(MetadataPartition::id))
        .collect();
    ensure!(!partitions.is_empty(), "there is no topic {topic}");
    Ok(partitions)
}

fn record(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map(|headers| {
        headers
            .iter()
            .map(|header| (header.key.to_owned(), text(header.value)))
            .collect()
    });
    Record {
        key: text(message.key()),
        payload: text(message.payload()),
        headers: headers.unwrap_or_default(),
    }
}

fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}
