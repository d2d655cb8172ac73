//! Keeps what a consumer cannot handle in the dead-letter topic of its group.

use super::LONGEST_RETRY;
use crate::kafka::{Cluster, Producer, RENEW_AFTER};
use fdp_contracts::topic;
use rdkafka::Message as _;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Header, OwnedHeaders};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// Why a dead letter was not kept.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Client(#[from] KafkaError),
    #[error("the broker has not taken it for {} s", RENEW_AFTER.as_secs())]
    NoAnswer,
}

pub(crate) struct DeadLetters {
    cluster: Cluster,
    client_id: String,
    group: String,
    /// Made for the first dead letter, which hardly any service has, and anew after a failure.
    producer: Mutex<Option<Producer>>,
}

impl DeadLetters {
    pub(crate) fn new(cluster: &Cluster, client_id: &str, group: &str) -> Self {
        Self {
            cluster: cluster.clone(),
            client_id: client_id.to_owned(),
            group: group.to_owned(),
            producer: Mutex::new(None),
        }
    }

    /// Retries until the broker has the message, because a lost dead letter cannot be recovered.
    pub(super) async fn keep(&self, message: &BorrowedMessage<'_>, reason: &str) {
        tracing::error!(%reason, topic = message.topic(), "an event goes to the dead letters");
        let topic = self.cluster.name_there(&topic::dead_letter(&self.group));
        while let Err(error) = self.send(&topic, message, reason).await {
            tracing::error!(%error, %topic, "a dead letter could not be kept; trying again");
            tokio::time::sleep(LONGEST_RETRY).await;
        }
        metrics::counter!("events_dead_lettered_total", "group" => self.group.clone()).increment(1);
    }

    async fn send(&self, topic: &str, message: &BorrowedMessage<'_>, reason: &str) -> Result<(), KeepError> {
        let origin = self.cluster.name_here(message.topic());
        let origin = format!("{origin}/{}/{}", message.partition(), message.offset());
        let headers = OwnedHeaders::new()
            .insert(Header {
                key: "reason",
                value: Some(reason),
            })
            .insert(Header {
                key: "origin",
                value: Some(&origin),
            });
        let mut kept = self.producer.lock().await;
        let producer = match kept.take() {
            Some(producer) => producer,
            None => Producer::new(&self.cluster, &self.client_id)?,
        };
        let (key, payload) = (message.key(), message.payload());
        let delivered = producer.send(
            topic,
            key.unwrap_or_default(),
            payload.unwrap_or_default(),
            Some(headers),
        )?;
        timeout(RENEW_AFTER, delivered)
            .await
            .map_err(|_| KeepError::NoAnswer)??;
        *kept = Some(producer);
        Ok(())
    }
}
