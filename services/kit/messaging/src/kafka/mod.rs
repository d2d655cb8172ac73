//! Kafka clients with the settings that the services' promises rest on.

mod security;

use crate::lag::{self, Lag};
use fdp_catalogue::variables;
use fdp_runtime::Check;
use fdp_runtime::config::{self, ConfigError};
use rdkafka::ClientConfig;
use rdkafka::consumer::StreamConsumer;
use rdkafka::error::KafkaError;
use rdkafka::producer::FutureProducer;
use security::Security;

/// Where the brokers are, as the environment says, which also has to say in a usable way how to sign in there.
///
/// # Errors
/// When a variable is missing or cannot be read.
pub fn brokers() -> Result<String, ConfigError> {
    check_environment()?;
    config::required(variables::KAFKA_BROKERS, "host:9092")
}

/// Whether the environment says in a usable way how to sign in at the brokers.
///
/// # Errors
/// When a variable is missing or cannot be read.
pub fn check_environment() -> Result<(), ConfigError> {
    Security::from_environment().map(|_| ())
}

/// Whether the brokers take everybody, so that a failure to connect can only mean that they are not there.
pub fn is_open() -> bool {
    Security::from_environment().is_ok_and(|security| security.is_plaintext())
}

/// What every client has in common: it signs in as the environment says, and comes back soon after an outage.
pub fn base(brokers: &str, client_id: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("client.id", client_id)
        // A platform that starts up has no topics yet: refresh soon, and don't create them by accident.
        .set("topic.metadata.refresh.interval.ms", "5000")
        .set("topic.metadata.propagation.max.ms", "1000")
        .set("allow.auto.create.topics", "false")
        .set("reconnect.backoff.max.ms", "1000")
        .set("log_level", "3");
    match Security::from_environment() {
        Ok(security) => security.apply(&mut config),
        // The client refuses it, rather than to go on without.
        Err(_) => {
            config.set("security.protocol", "unreadable");
        }
    }
    config
}

/// A producer that keeps order and loses nothing that the brokers acknowledged.
///
/// # Errors
/// When the settings are refused.
pub fn producer(brokers: &str, client_id: &str) -> Result<FutureProducer, KafkaError> {
    base(brokers, client_id)
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", "1")
        // The relay waits as long as it takes: giving up on one message would let a later one overtake it.
        .set("message.timeout.ms", "0")
        .create()
}

/// A consumer that reports its lag, and whether it belongs to its group.
pub type EventConsumer = StreamConsumer<Lag>;

/// A consumer in `group` that commits an offset only after it was stored, once the effect is durable; `check` shows
/// whether it is in touch with the group.
///
/// # Errors
/// When the settings are refused.
pub fn consumer(
    brokers: &str,
    client_id: &str,
    group: &str,
    check: Check,
) -> Result<EventConsumer, KafkaError> {
    base(brokers, client_id)
        .set("group.id", group)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "true")
        .set("auto.commit.interval.ms", "1000")
        .set("enable.auto.offset.store", "false")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", "10000")
        .set("fetch.queue.backoff.ms", "50")
        .set("queued.max.messages.kbytes", "4096")
        .set("statistics.interval.ms", lag::EVERY_MS)
        .create_with_context(Lag::new(check))
}
