//! Tests two platforms on one real Kafka: each publishes and reads by the names that the operator gives it, and neither sees
//! anything of the other.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_catalogue::topic::{EVENTS, ORDER, all};
use fdp_messaging::kafka::{self, Cluster};
use fdp_test_services::kafka::Kafka;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::producer::FutureRecord;
use setup::owned_topics::{self, Mark};
use setup::owner::Owner;
use setup::topics::{self, Size, TopicsError};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);
const ORDERS: usize = 50;

struct Platform {
    cluster: Cluster,
    owner: Owner,
}

impl Platform {
    fn new(brokers: &str, namespace: &str) -> Self {
        Self {
            cluster: Cluster::new(brokers, format!("{namespace}.shop.")),
            owner: Owner {
                platform: format!("{namespace}/shop"),
                uid: Some(format!("uid-of-{namespace}")),
            },
        }
    }

    /// What the setup Job does.
    async fn set_up(&self) -> Result<Option<String>, TopicsError> {
        let size = Size {
            partitions: 2,
            replicas: 1,
        };
        let mark = Mark {
            owner: &self.owner,
            insists: true,
        };
        topics::create(&self.cluster, size, Some(mark), Instant::now() + PATIENCE).await
    }

    /// What the relay of order does.
    async fn publish(&self) {
        let producer = kafka::producer(&self.cluster, "order").unwrap();
        let topic = self.cluster.name_there(ORDER);
        for number in 0..ORDERS {
            let (key, payload) = (format!("ord_{number}"), self.owner.platform.clone());
            let record = FutureRecord::to(&topic).key(&key).payload(&payload);
            producer.send(record, PATIENCE).await.unwrap();
        }
    }

    /// What the consumer group `store` reads of that many orders: whose they are.
    fn read(&self, count: usize) -> BTreeSet<String> {
        let consumer = self.consumer();
        let topic = self.cluster.name_there(ORDER);
        consumer.subscribe(&[topic.as_str()]).unwrap();
        let mut whose = BTreeSet::new();
        let deadline = Instant::now() + PATIENCE;
        let mut left = count;
        while left > 0 {
            // Nothing comes while the group takes its partitions.
            let Some(message) = consumer.poll(POLL) else {
                assert!(Instant::now() < deadline, "{left} of {count} did not come");
                continue;
            };
            let message = message.unwrap();
            left -= 1;
            whose.insert(String::from_utf8_lossy(message.payload().unwrap()).into_owned());
            consumer.commit_message(&message, CommitMode::Sync).unwrap();
        }
        whose
    }

    /// A member of the consumer group `store`.
    fn consumer(&self) -> BaseConsumer {
        kafka::client(&self.cluster, "store")
            .set("group.id", self.cluster.name_there("store"))
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .create()
            .unwrap()
    }

    /// The groups and the topics of the broker that have names of this platform.
    fn names(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let consumer = self.consumer();
        let ours = |name: &str| name.starts_with(self.cluster.prefix()).then(|| name.to_owned());
        let groups = consumer.fetch_group_list(None, PATIENCE).unwrap();
        let metadata = consumer.fetch_metadata(None, PATIENCE).unwrap();
        (
            groups
                .groups()
                .iter()
                .filter_map(|group| ours(group.name()))
                .collect(),
            metadata
                .topics()
                .iter()
                .filter_map(|topic| ours(topic.name()))
                .collect(),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Java and Maven"]
async fn two_platforms_on_one_broker_read_only_their_own_events() {
    let libraries = fdp_images::kafka_libs(&fdp_checkout::cache()).unwrap();
    let directory = tempfile::Builder::new().prefix("fdp-").tempdir().unwrap();
    let ports = [fdp_ports::free().unwrap(), fdp_ports::free().unwrap()];
    let making = Kafka::make(directory.path(), &libraries, directory.path(), ports).unwrap();
    let mut broker = making.finish().unwrap();
    broker.wait_ready().unwrap();
    let brokers = broker.brokers();
    let (food, fast) = (Platform::new(&brokers, "food"), Platform::new(&brokers, "fast"));

    for platform in [&food, &fast] {
        assert_eq!(platform.set_up().await.unwrap(), None);
        platform.publish().await;
    }
    for platform in [&food, &fast] {
        // All of a platform's own orders come, in its own group, and none of the other's.
        let whose = platform.read(ORDERS);
        assert_eq!(whose, BTreeSet::from([platform.owner.platform.clone()]));
        let (groups, topics) = platform.names();
        assert_eq!(groups, BTreeSet::from([platform.cluster.name_there("store")]));
        let expected = all()
            .into_iter()
            .chain([owned_topics::TOPIC.to_owned()])
            .map(|name| platform.cluster.name_there(&name));
        assert_eq!(topics, expected.collect());
        assert!(
            EVENTS
                .iter()
                .all(|name| topics.contains(&platform.cluster.name_there(name)))
        );
    }

    // One that asks for the names of the other is refused, and nothing of the other changes.
    let intruder = Platform {
        cluster: food.cluster.clone(),
        owner: fast.owner.clone(),
    };
    let refused = intruder.set_up().await.unwrap_err();
    assert!(
        refused.to_string().contains("belongs to the platform food/shop"),
        "{refused}"
    );
    assert_eq!(food.set_up().await.unwrap(), None);
}
