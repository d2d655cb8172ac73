//! Subscribes a service to topics.

use crate::consumer::{self, DeadLetters, Subscription};
use crate::effects::Effects;
use crate::kafka::Cluster;
use crate::stuck_consumer;
use fdp_runtime::Service;
use fdp_runtime::config::ConfigError;
use std::sync::Arc;

/// Subscribing to topics, for a service that consumes events.
pub trait Subscribe {
    /// Applies the events of `topics`, each once. The consumer group has the service's name.
    ///
    /// # Errors
    /// When `KAFKA_BROKERS` is missing or invalid.
    fn subscribe(&mut self, topics: &[&str], effects: Arc<dyn Effects>) -> Result<(), ConfigError>;
}

impl Subscribe for Service {
    fn subscribe(&mut self, topics: &[&str], effects: Arc<dyn Effects>) -> Result<(), ConfigError> {
        let cluster = Cluster::from_environment()?;
        let (client_id, stop) = (self.client_id().to_owned(), self.stopping());
        let health = self.health().clone();
        let subscription = Subscription {
            dead_letters: DeadLetters::new(&cluster, &client_id, self.name()),
            cluster,
            group: self.name().to_owned(),
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            effects,
            check: health.informative("consumer"),
            health,
            check_interval: stuck_consumer::CHECK_INTERVAL,
        };
        self.spawn(consumer::run(subscription, client_id, stop));
        Ok(())
    }
}
