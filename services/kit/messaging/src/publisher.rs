//! Publishes events for every relay. Metrics and the check stay up to date while the broker is unavailable.

use crate::kafka::{Cluster, Producer, RENEW_AFTER};
use fdp_runtime::Check;
use futures::FutureExt as _;
use futures::future::{BoxFuture, try_join_all};
use rdkafka::error::KafkaError;
use std::time::Duration;
use tokio::time::Instant;

/// How often the age of the oldest event is updated.
const TICK: Duration = Duration::from_secs(1);
/// How long the broker may take before the check fails.
const BROKER_TIMEOUT: Duration = Duration::from_secs(5);

/// Why events could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The Kafka client rejects its settings.
    #[error("making a Kafka producer: {0}")]
    Client(#[source] KafkaError),
    /// The broker acknowledged nothing for so long that this client may be the reason.
    #[error("the broker has taken no events for {} s", .0.as_secs())]
    NoAnswer(Duration),
    /// The broker refused a message.
    #[error("publishing to the topic {topic}: {reason}")]
    Refused {
        /// The topic.
        topic: String,
        /// The client's error.
        reason: String,
    },
}

/// An event as it is published.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The topic to publish to, by its name in the catalogue.
    pub topic: &'a str,
    /// The message key: events with the same key keep their order.
    pub key: &'a str,
    /// The message value.
    pub payload: &'a str,
}

/// Publishes for a relay as long as it is the leader. Dropping it resets the gauge of the oldest unpublished event,
/// which the next leader then sets.
pub struct Publisher {
    producer: Producer,
    cluster: Cluster,
    client_id: String,
    check: Check,
    tick: Duration,
    broker_timeout: Duration,
    renew_after: Duration,
}

impl Publisher {
    /// A publisher whose state is shown by `check`. Each leadership term needs a new one: after a fatal error (the
    /// broker lost the producer's state) the old producer never works again.
    ///
    /// # Errors
    /// When the client rejects its settings.
    pub fn new(cluster: &Cluster, client_id: &str, check: Check) -> Result<Self, PublishError> {
        Ok(Self {
            producer: Producer::new(cluster, client_id).map_err(PublishError::Client)?,
            cluster: cluster.clone(),
            client_id: client_id.to_owned(),
            check,
            tick: TICK,
            broker_timeout: BROKER_TIMEOUT,
            renew_after: RENEW_AFTER,
        })
    }

    /// Goes on with a new client after [`PublishError::NoAnswer`]. What the old one may have sent has the ids of what the new one
    /// sends, by which consumers recognise it.
    ///
    /// # Errors
    /// When the client rejects its settings.
    pub fn renew(&mut self) -> Result<(), PublishError> {
        tracing::warn!("the broker has taken no events for long; making a new Kafka client");
        self.producer = Producer::new(&self.cluster, &self.client_id).map_err(PublishError::Client)?;
        Ok(())
    }

    /// Reports that nothing is waiting to be published.
    pub fn idle(&self) {
        set_oldest(Duration::ZERO);
        self.check.ready();
    }

    /// Sends `records` in their order; the oldest has waited for `age`. They are published once [`Sending::done`]
    /// returns true.
    ///
    /// # Errors
    /// When the client rejects a record.
    pub fn send<'a>(
        &self,
        records: impl IntoIterator<Item = Record<'a>>,
        age: Duration,
    ) -> Result<Sending<'_>, PublishError> {
        set_oldest(age);
        let mut deliveries = Vec::new();
        for Record { topic, key, payload } in records {
            let topic = self.cluster.name_there(topic);
            let delivery = self
                .producer
                .send(&topic, key.as_bytes(), payload.as_bytes(), None)
                .map_err(|error| refused(&topic, &error))?;
            deliveries.push(async move { delivery.await.map_err(|error| refused(&topic, &error)) });
        }
        Ok(Sending {
            publisher: self,
            deliveries: try_join_all(deliveries)
                .map(|delivered| delivered.map(drop))
                .boxed(),
            age,
            since: Instant::now(),
        })
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        set_oldest(Duration::ZERO);
    }
}

/// Events that are being sent to the broker.
pub struct Sending<'a> {
    publisher: &'a Publisher,
    deliveries: BoxFuture<'static, Result<(), PublishError>>,
    age: Duration,
    since: Instant,
}

impl Sending<'_> {
    /// Waits for at most a second, and returns whether the broker has acknowledged all events. The caller repeats this
    /// until it returns true, and can do other work in between.
    ///
    /// # Errors
    /// When the broker refuses an event, or has not answered for so long that the publisher has to be renewed; some of the
    /// events may be published.
    pub async fn done(&mut self) -> Result<bool, PublishError> {
        let Publisher {
            check,
            tick,
            broker_timeout,
            renew_after,
            ..
        } = self.publisher;
        if let Ok(delivered) = tokio::time::timeout(*tick, &mut self.deliveries).await {
            delivered?;
            check.ready();
            return Ok(true);
        }
        let waited = self.since.elapsed();
        set_oldest(self.age + waited);
        if waited >= *broker_timeout {
            check.failing("the broker does not take events");
        }
        if waited >= *renew_after {
            return Err(PublishError::NoAnswer(waited));
        }
        Ok(false)
    }
}

fn set_oldest(oldest: Duration) {
    metrics::gauge!("outbox_oldest_unpublished_seconds").set(oldest.as_secs_f64());
}

fn refused(topic: &str, reason: &dyn std::fmt::Display) -> PublishError {
    PublishError::Refused {
        topic: topic.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::forgetful_broker::ForgetfulBroker;
    use fdp_runtime::Health;
    use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
    use rdkafka::mocking::MockCluster;

    const TOPIC: &str = "fooddelivery.order";
    const RECORD: Record<'static> = Record {
        topic: TOPIC,
        key: "ord_1",
        payload: "{}",
    };
    const AGE: Duration = Duration::from_secs(40);

    fn publisher(brokers: String, health: &Health) -> Publisher {
        let mut publisher =
            Publisher::new(&brokers.into(), "test", health.informative("outbox relay")).unwrap();
        publisher.tick = Duration::from_millis(10);
        publisher.broker_timeout = Duration::from_millis(50);
        publisher
    }

    fn oldest(metrics: &PrometheusHandle) -> f64 {
        let page = metrics.render();
        let value = page
            .lines()
            .find_map(|line| line.strip_prefix("outbox_oldest_unpublished_seconds "));
        value.unwrap().parse().unwrap()
    }

    #[tokio::test]
    async fn while_the_broker_is_away_the_age_grows_and_the_check_fails() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        let _here = metrics::set_default_local_recorder(&recorder);
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(TOPIC, 1, 1).unwrap();
        let health = Health::default();
        let publisher = publisher(cluster.bootstrap_servers(), &health);
        cluster.broker_down(1).unwrap();

        let mut sending = publisher.send([RECORD], AGE).unwrap();
        assert!((oldest(&metrics) - AGE.as_secs_f64()).abs() < f64::EPSILON);
        assert!(!sending.done().await.unwrap());
        let first = oldest(&metrics);
        assert!(first > AGE.as_secs_f64());
        while health.checks()["outbox relay"].detail == "starting" {
            assert!(!sending.done().await.unwrap());
        }
        let check = &health.checks()["outbox relay"];
        assert!(!check.ready && check.detail.contains("the broker does not take events"));
        assert!(oldest(&metrics) > first);

        cluster.broker_up(1).unwrap();
        while !sending.done().await.unwrap() {}
        assert!(health.checks()["outbox relay"].ready);
    }

    #[tokio::test]
    async fn a_client_without_an_answer_for_long_is_given_up_and_the_next_one_publishes() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        let _here = metrics::set_default_local_recorder(&recorder);
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(TOPIC, 1, 1).unwrap();
        let health = Health::default();
        let mut publisher = publisher(cluster.bootstrap_servers(), &health);
        publisher.renew_after = Duration::from_millis(100);
        cluster.broker_down(1).unwrap();
        let mut sending = publisher.send([RECORD], AGE).unwrap();
        let given_up = loop {
            match sending.done().await {
                Ok(delivered) => assert!(!delivered),
                Err(error) => break error,
            }
        };
        assert!(matches!(given_up, PublishError::NoAnswer(_)), "{given_up}");
        drop(sending);
        publisher.renew().unwrap();
        assert!(oldest(&metrics) > AGE.as_secs_f64(), "it goes on to wait");

        cluster.broker_up(1).unwrap();
        publisher.renew_after = RENEW_AFTER;
        let mut sending = publisher.send([RECORD], AGE).unwrap();
        while !sending.done().await.unwrap() {}
        assert!(health.checks()["outbox relay"].ready);
    }

    /// Without another client, about one of three rounds would wait for ever.
    #[tokio::test]
    async fn events_get_out_although_the_client_was_told_of_no_brokers() {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(TOPIC, 1, 1).unwrap();
        let broker = ForgetfulBroker::before(&cluster.bootstrap_servers());
        let mut publisher = publisher(broker.address(), &Health::default());
        publisher.renew_after = Duration::from_secs(2);
        for _ in 0..4 {
            published(&mut publisher).await;
            let told = broker.told_of_none();
            broker.forgets(true);
            let waiting = publisher.send([RECORD], AGE).unwrap();
            while broker.told_of_none() == told {
                tokio::time::sleep(publisher.tick).await;
            }
            drop(waiting);
            broker.forgets(false);
            broker.cut();
        }
        published(&mut publisher).await;
    }

    /// Sends an event, with as many clients as that needs, as relays do.
    async fn published(publisher: &mut Publisher) {
        let all = async {
            loop {
                let mut sending = publisher.send([RECORD], AGE).unwrap();
                let given_up = loop {
                    match sending.done().await {
                        Ok(true) => return,
                        Ok(false) => {}
                        Err(error) => break error,
                    }
                };
                drop(sending);
                assert!(matches!(given_up, PublishError::NoAnswer(_)), "{given_up}");
                publisher.renew().unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    }

    #[tokio::test]
    async fn a_relay_that_leads_no_more_shows_no_age() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        let _here = metrics::set_default_local_recorder(&recorder);
        let publisher = publisher("127.0.0.1:1".to_owned(), &Health::default());
        let sending = publisher.send([], AGE).unwrap();
        assert!(oldest(&metrics) > 0.0);
        drop(sending);
        drop(publisher);
        assert!(oldest(&metrics).abs() < f64::EPSILON);
    }
}
