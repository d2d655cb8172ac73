//! A consumer against a simulated broker that becomes unavailable, or that fails every fetch.

use super::*;
use async_trait::async_trait;
use fdp_contracts::topic;
use metrics_exporter_prometheus::PrometheusBuilder;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::FutureRecord;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use std::mem::ManuallyDrop;
use tokio::sync::watch;

const TEST_TIMEOUT: Duration = Duration::from_mins(1);

struct Nothing;

#[async_trait]
impl Effects for Nothing {
    fn concerns(&self, _kind: &str) -> bool {
        false
    }

    async fn apply(&self, _events: &[Incoming]) -> Result<usize, HandleError> {
        Ok(0)
    }
}

async fn until(health: &Health, said: &mut watch::Receiver<bool>, ready: bool) {
    let says = async {
        while health.checks()["consumer"].ready != ready {
            said.changed().await.unwrap();
        }
    };
    tokio::time::timeout(TEST_TIMEOUT, says).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_quiet_topic_the_check_shows_whether_the_group_is_in_touch() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(topic::ORDER, 1, 1).unwrap();
    let (ours, health) = (Cluster::from(cluster.bootstrap_servers()), Health::default());
    let mut said = health.changes();
    let subscription = Subscription {
        dead_letters: DeadLetters::new(&ours, "test", "quiet"),
        cluster: ours,
        group: "quiet".to_owned(),
        topics: vec![topic::ORDER.to_owned()],
        effects: Arc::new(Nothing),
        health: health.clone(),
        check: health.informative("consumer"),
        check_interval: crate::stuck_consumer::CHECK_INTERVAL,
    };
    let stop = CancellationToken::new();
    let consumer = tokio::spawn(run(subscription, "test".to_owned(), stop.clone()));

    until(&health, &mut said, true).await;
    cluster.broker_down(1).unwrap();
    until(&health, &mut said, false).await;
    cluster.broker_up(1).unwrap();
    until(&health, &mut said, true).await;
    stop.cancel();
    consumer.await.unwrap();
}

/// Accepts every event, and counts them.
struct Counting(watch::Sender<usize>);

#[async_trait]
impl Effects for Counting {
    fn concerns(&self, _kind: &str) -> bool {
        true
    }

    async fn apply(&self, events: &[Incoming]) -> Result<usize, HandleError> {
        self.0.send_modify(|taken| *taken += events.len());
        Ok(0)
    }
}

async fn send(cluster: &Cluster) {
    let envelope = serde_json::json!({
        "specversion": "1.0", "id": uuid::Uuid::now_v7(), "source": "/diary", "type": "diary.written",
        "subject": "ord_1", "time": "2026-01-01T00:00:00Z", "datacontenttype": "application/json", "data": {},
    });
    let payload = envelope.to_string();
    let topic = cluster.name_there(topic::ORDER);
    let record = FutureRecord::to(&topic).key("ord_1").payload(&payload);
    let producer = kafka::producer(cluster, "test").unwrap();
    producer.send(record, TEST_TIMEOUT).await.unwrap();
}

#[tokio::test]
async fn a_client_that_reads_nothing_of_what_waits_is_replaced() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    // The client that is replaced closes in the background, and never ends that once the broker is gone.
    let cluster = ManuallyDrop::new(MockCluster::new(1).unwrap());
    cluster.create_topic(topic::ORDER, 1, 1).unwrap();
    let (ours, health) = (Cluster::from(cluster.bootstrap_servers()), Health::default());
    let (told, mut taken) = watch::channel(0);
    // Every fetch fails and everything else succeeds, as with a client that is stuck.
    let broken = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR; 2_000];
    cluster.request_errors(RDKafkaApiKey::Fetch, &broken);
    send(&ours).await;
    let subscription = Subscription {
        dead_letters: DeadLetters::new(&ours, "test", "quiet"),
        cluster: ours,
        group: "stuck".to_owned(),
        topics: vec![topic::ORDER.to_owned()],
        effects: Arc::new(Counting(told)),
        health: health.clone(),
        check: health.informative("consumer"),
        check_interval: Duration::from_millis(100),
    };
    let stop = CancellationToken::new();
    let consumer = tokio::spawn(run(subscription, "test".to_owned(), stop.clone()));

    let renewed = async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        while !metrics
            .render()
            .contains("consumer_renewals_total{group=\"stuck\"}")
        {
            looks.tick().await;
        }
    };
    tokio::time::timeout(TEST_TIMEOUT, renewed).await.unwrap();
    assert_eq!(*taken.borrow(), 0);
    cluster.clear_request_errors(RDKafkaApiKey::Fetch);
    let arrived = taken.wait_for(|taken| *taken == 1);
    tokio::time::timeout(TEST_TIMEOUT, arrived)
        .await
        .unwrap()
        .unwrap();
    stop.cancel();
    consumer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_platforms_on_the_same_brokers_get_none_of_each_others_events() {
    let brokers = MockCluster::new(1).unwrap();
    let stop = CancellationToken::new();
    let mut platforms = Vec::new();
    for prefix in ["food.shop.", "fast.shop."] {
        let cluster = Cluster::new(brokers.bootstrap_servers(), prefix);
        let topic = cluster.name_there(topic::ORDER);
        brokers.create_topic(&topic, 1, 1).unwrap();
        let (told, taken) = watch::channel(0);
        let health = Health::default();
        let subscription = Subscription {
            dead_letters: DeadLetters::new(&cluster, "test", "quiet"),
            cluster: cluster.clone(),
            group: "inventory".to_owned(),
            topics: vec![topic::ORDER.to_owned()],
            effects: Arc::new(Counting(told)),
            health: health.clone(),
            check: health.informative("consumer"),
            check_interval: crate::stuck_consumer::CHECK_INTERVAL,
        };
        let running = tokio::spawn(run(subscription, "test".to_owned(), stop.clone()));
        platforms.push((cluster, taken, running));
    }

    // Each gets what it is sent, and had the other one's events come as well, there would be more of them.
    for (cluster, ..) in &platforms {
        for _ in 0..3 {
            send(cluster).await;
        }
    }
    for (_, taken, _) in &mut platforms {
        let all = taken.wait_for(|taken| *taken >= 3);
        tokio::time::timeout(TEST_TIMEOUT, all).await.unwrap().unwrap();
    }
    for (_, taken, running) in platforms {
        assert_eq!(*taken.borrow(), 3);
        stop.cancel();
        running.await.unwrap();
    }
}
