//! Kafka clients with the settings that the delivery and ordering guarantees of the services need.

mod cluster;
#[cfg(test)]
pub(crate) mod forgetful_broker;
mod producer;
mod security;

use crate::lag::{self, Lag};
use fdp_runtime::Check;
use fdp_runtime::config::ConfigError;
use rdkafka::ClientConfig;
use rdkafka::consumer::StreamConsumer;
use rdkafka::error::KafkaError;
use rdkafka::producer::FutureProducer;
use security::Security;
use std::time::Duration;

pub use cluster::Cluster;
pub use producer::Producer;

/// How long a client may go without an answer until it is made anew. One that was told of no brokers, as a broker that starts
/// may do, forgets the only one that it has, and about one in three never connects again; nothing that it reports tells that
/// from an outage (<https://github.com/orgs/strimzi/discussions/12793>). While the brokers really are away, a new client costs
/// little.
pub(crate) const RENEW_AFTER: Duration = Duration::from_secs(15);

/// Validates the security settings in the environment.
///
/// # Errors
/// When a variable is missing or cannot be read.
pub fn check_environment() -> Result<(), ConfigError> {
    Security::from_environment().map(|_| ())
}

/// Whether the brokers need no authentication, so that a failure to connect can only mean that they are unavailable.
pub fn is_open() -> bool {
    Security::from_environment().is_ok_and(|security| security.is_plaintext())
}

/// The settings of every client: authentication from the environment, and fast reconnection after an outage.
pub fn base(brokers: &str, client_id: &str) -> ClientConfig {
    configured(brokers, client_id, Security::from_environment())
}

/// The same for a cluster, with the authentication that it needs.
pub fn client(cluster: &Cluster, client_id: &str) -> ClientConfig {
    configured(cluster.brokers(), client_id, cluster.security())
}

fn configured(brokers: &str, client_id: &str, security: Result<Security, ConfigError>) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("client.id", client_id)
        // Topics may not exist yet while a platform starts: refresh soon, and don't create them by accident.
        .set("topic.metadata.refresh.interval.ms", "5000")
        .set("topic.metadata.propagation.max.ms", "1000")
        .set("allow.auto.create.topics", "false")
        .set("reconnect.backoff.max.ms", "1000")
        .set("log_level", "3");
    match security {
        Ok(security) => security.apply(&mut config),
        // An invalid value makes the client fail, instead of connecting without security.
        Err(_) => {
            config.set("security.protocol", "unreadable");
        }
    }
    config
}

/// The settings of a producer that keeps the order of messages and loses none that the brokers acknowledged.
fn producer_settings(cluster: &Cluster, client_id: &str) -> ClientConfig {
    let mut config = client(cluster, client_id);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", "1")
        // No timeout: if the relay gave up on one message, a later one could overtake it.
        .set("message.timeout.ms", "0");
    config
}

/// A producer for a program that ends soon; see [`Producer`] for one that stays.
///
/// # Errors
/// When the client rejects its settings.
pub fn producer(cluster: &Cluster, client_id: &str) -> Result<FutureProducer, KafkaError> {
    producer_settings(cluster, client_id).create()
}

/// A consumer that reports its lag and its group membership.
pub type EventConsumer = StreamConsumer<Lag>;

/// A consumer in `group` that commits only offsets that were stored explicitly, once the effect is durable; `check`
/// shows whether it is a connected member of the group.
///
/// # Errors
/// When the client rejects its settings.
pub fn consumer(
    cluster: &Cluster,
    client_id: &str,
    group: &str,
    check: Check,
) -> Result<EventConsumer, KafkaError> {
    client(cluster, client_id)
        .set("group.id", cluster.name_there(group))
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "true")
        .set("auto.commit.interval.ms", "1000")
        .set("enable.auto.offset.store", "false")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", "10000")
        .set("fetch.queue.backoff.ms", "50")
        // Twice the default: an idle service asks half as often. Events are answered with at once; only what is assigned anew
        // waits that long, once.
        .set("fetch.wait.max.ms", "1000")
        .set("queued.max.messages.kbytes", "4096")
        .set("statistics.interval.ms", lag::EVERY_MS)
        .create_with_context(Lag::new(check, cluster.clone()))
}
