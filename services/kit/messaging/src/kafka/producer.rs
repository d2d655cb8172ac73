//! A producer that costs nothing while it has nothing to send: its thread sleeps until a message is on its way.
//!
//! The client library's own producers ask for deliveries every 100 ms for as long as they live, and count down the last
//! millisecond of each wait in a loop: nine idle services burned an eighth of a processor core with it.

use super::Cluster;
use rdkafka::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the thread waits for deliveries at a time while messages are on their way. A delivery is handed on at once;
/// only the end of the producer may be delayed by this.
const WAIT: Duration = Duration::from_millis(100);
/// How often it looks for errors that the client reports without any message.
const LOOK_FOR_ERRORS: Duration = Duration::from_secs(10);

/// Hands each delivery to the one who waits for it.
struct Deliveries;

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<oneshot::Sender<Result<(), KafkaError>>>;

    fn delivery(&self, delivery: &DeliveryResult<'_>, waiting: Self::DeliveryOpaque) {
        let outcome = match delivery {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error.clone()),
        };
        // Nobody waits any more when the sender gave up.
        let _ = waiting.send(outcome);
    }
}

struct Shared {
    client: BaseProducer<Deliveries>,
    stopping: AtomicBool,
}

/// A producer that keeps the order of messages and loses none that the brokers acknowledged.
pub struct Producer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Producer {
    /// A producer with the settings of [`super::producer_settings`].
    ///
    /// # Errors
    /// When the client rejects its settings, or no thread can be started.
    pub fn new(cluster: &Cluster, client_id: &str) -> Result<Self, KafkaError> {
        let client = super::producer_settings(cluster, client_id).create_with_context(Deliveries)?;
        let shared = Arc::new(Shared {
            client,
            stopping: AtomicBool::new(false),
        });
        let thread = thread::Builder::new()
            .name("kafka deliveries".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.hand_on_deliveries()
            })
            .map_err(|error| KafkaError::ClientCreation(format!("starting a thread: {error}")))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Queues a message for the topic as the brokers call it. The future ends when they have it.
    ///
    /// # Errors
    /// When the client cannot take it, because its queue is full for example.
    pub fn send(
        &self,
        topic: &str,
        key: &[u8],
        payload: &[u8],
        headers: Option<OwnedHeaders>,
    ) -> Result<impl Future<Output = Result<(), KafkaError>> + Send + use<>, KafkaError> {
        let (done, delivered) = oneshot::channel();
        let mut record = BaseRecord::with_opaque_to(topic, Box::new(done))
            .key(key)
            .payload(payload);
        record.headers = headers;
        self.shared.client.send(record).map_err(|(error, _)| error)?;
        self.wake();
        Ok(async move { delivered.await.unwrap_or(Err(KafkaError::Canceled)) })
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn hand_on_deliveries(&self) {
        while !self.stopping.load(Ordering::Acquire) {
            // It counts what is on its way, and what has not been handed on, errors included.
            if self.client.in_flight_count() > 0 {
                self.client.poll(WAIT);
            } else {
                // Whoever sends wakes it, even between the count and here.
                thread::park_timeout(LOOK_FOR_ERRORS);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use rdkafka::mocking::MockCluster;

    const TOPIC: &str = "fooddelivery.order";

    fn brokers() -> MockCluster<'static, rdkafka::producer::DefaultProducerContext> {
        let brokers = MockCluster::new(1).unwrap();
        brokers.create_topic(TOPIC, 1, 1).unwrap();
        brokers
    }

    #[tokio::test]
    async fn a_message_sent_after_a_long_silence_is_delivered_at_once() {
        let brokers = brokers();
        let producer = Producer::new(&brokers.bootstrap_servers().into(), "test").unwrap();
        producer
            .send(TOPIC, b"ord_1", b"{}", None)
            .unwrap()
            .await
            .unwrap();
        // The thread goes to sleep when nothing is on its way.
        while producer.shared.client.in_flight_count() > 0 {
            tokio::task::yield_now().await;
        }
        let second = producer.send(TOPIC, b"ord_1", b"{}", None).unwrap();
        let delivered = tokio::time::timeout(LOOK_FOR_ERRORS / 2, second).await;
        assert!(delivered.unwrap().is_ok());
    }

    #[tokio::test]
    async fn who_waits_is_told_when_the_producer_ends_before_the_delivery() {
        let brokers = brokers();
        brokers.broker_down(1).unwrap();
        let producer = Producer::new(&brokers.bootstrap_servers().into(), "test").unwrap();
        let waiting = producer.send(TOPIC, b"ord_1", b"{}", None).unwrap();
        drop(producer);
        assert!(waiting.now_or_never().unwrap().is_err());
    }
}
