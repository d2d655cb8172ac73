//! Why topics could not be copied from one Kafka to another.

use fdp_messaging::topic_reader::ReadError;
use fdp_runtime::config::ConfigError;
use rdkafka::error::KafkaError;
use std::fmt;

/// One of the two clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that the services leave.
    Old,
    /// The one that they take.
    New,
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Old => "the old Kafka",
            Self::New => "the new Kafka",
        })
    }
}

/// Why topics could not be copied. What the new Kafka has got by then is found there by the next attempt.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// A setting is missing or cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A topic cannot be read.
    #[error("{side}: {source}")]
    Read {
        /// Where it is.
        side: Side,
        /// The reader's error.
        source: ReadError,
    },
    /// The brokers refused something, or do not answer.
    #[error("{side}: {doing} {name}: {source}")]
    Kafka {
        /// Which brokers.
        side: Side,
        /// The operation.
        doing: &'static str,
        /// The topic or the consumer group.
        name: String,
        /// The client's error.
        source: KafkaError,
    },
    /// There would be nothing to copy.
    #[error("both addresses lead to the same topics of one Kafka: confirm the change without a copy")]
    Same,
    /// The setup makes it, so somebody has deleted it since.
    #[error("{new} has no topic {topic}: delete the platform's Job of the setup, which then makes it again", new = Side::New)]
    Missing {
        /// The topic.
        topic: String,
    },
    /// The new topic is not empty, and not a copy of the old one.
    #[error(
        "partition {partition} of the topic {topic} in {new} holds {messages} messages that {old} lacks: nothing was written \
         to it. Delete that topic there, and then the platform's Job of the setup, which makes it again",
        new = Side::New, old = Side::Old
    )]
    Foreign {
        /// The topic.
        topic: String,
        /// Its partition.
        partition: i32,
        /// How many messages are foreign.
        messages: usize,
    },
    /// In other partitions, nobody can say where the group would have to go on.
    #[error(
        "the group {group} has not read {messages} messages of the topic {topic}, which has {old_count} partitions in {old} and \
         {new_count} in {new}: go back and let it read them, or give the topic {old_count} partitions there",
        new = Side::New, old = Side::Old
    )]
    Unread {
        /// The group.
        group: String,
        /// The topic.
        topic: String,
        /// How many messages it has not read.
        messages: i64,
        /// The partitions in the old Kafka.
        old_count: usize,
        /// The partitions in the new one.
        new_count: usize,
    },
    /// A program that is no part of the platform writes there, or a pod is left.
    #[error("somebody still writes to the topic {topic} in {old}: partition {partition} has grown by {messages}", old = Side::Old)]
    Written {
        /// The topic.
        topic: String,
        /// Its partition.
        partition: i32,
        /// By how many messages.
        messages: i64,
    },
    /// The numbers at the end differ.
    #[error(
        "partition {partition} of the topic {topic} in {new} has got {found} messages, where {written} were written",
        new = Side::New
    )]
    Miscounted {
        /// The topic.
        topic: String,
        /// Its partition.
        partition: i32,
        /// What was written.
        written: i64,
        /// What is there.
        found: i64,
    },
    /// A thread that copies has panicked.
    #[error("copying ended by a fault of the program")]
    Panicked,
    /// The thread that copies was stopped.
    #[error("copying was interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl MirrorError {
    pub(crate) fn read(side: Side) -> impl FnOnce(ReadError) -> Self {
        move |source| Self::Read { side, source }
    }

    pub(super) fn kafka(side: Side, doing: &'static str, name: &str) -> impl FnOnce(KafkaError) -> Self {
        let name = name.to_owned();
        move |source| Self::Kafka {
            side,
            doing,
            name,
            source,
        }
    }
}
