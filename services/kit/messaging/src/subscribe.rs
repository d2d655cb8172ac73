//! Subscribes a service to topics.

use crate::consumer::{self, Subscription};
use crate::effects::Effects;
use crate::kafka::{self, Cluster};
use crate::stuck_consumer;
use fdp_runtime::Service;
use fdp_runtime::config::ConfigError;
use rdkafka::error::KafkaError;
use std::sync::Arc;

/// Why a service could not subscribe.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// `KAFKA_BROKERS` is missing, or the security settings cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The Kafka client rejects its settings.
    #[error("making a Kafka client for {brokers}: {source}")]
    Kafka {
        /// `KAFKA_BROKERS`.
        brokers: String,
        /// The client's error.
        source: KafkaError,
    },
}

/// Subscribing to topics, for a service that consumes events.
pub trait Subscribe {
    /// Applies the events of `topics`, each once. The consumer group has the service's name.
    ///
    /// # Errors
    /// When `KAFKA_BROKERS` is missing or invalid.
    fn subscribe(&mut self, topics: &[&str], effects: Arc<dyn Effects>) -> Result<(), SubscribeError>;
}

impl Subscribe for Service {
    fn subscribe(&mut self, topics: &[&str], effects: Arc<dyn Effects>) -> Result<(), SubscribeError> {
        let cluster = Cluster::from_environment()?;
        let (client_id, stop) = (self.client_id().to_owned(), self.stopping());
        let dead_letters = kafka::producer(&cluster, &client_id).map_err(|source| SubscribeError::Kafka {
            brokers: cluster.brokers().to_owned(),
            source,
        })?;
        let health = self.health().clone();
        self.spawn(consumer::tidy(effects.clone(), health.clone(), stop.clone()));
        let subscription = Subscription {
            cluster,
            group: self.name().to_owned(),
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            dead_letters,
            effects,
            check: health.informative("consumer"),
            health,
            check_interval: stuck_consumer::CHECK_INTERVAL,
        };
        self.spawn(consumer::run(subscription, client_id, stop));
        Ok(())
    }
}
