//! Tests that topics are copied from one Kafka to another with everything that they have, also after an interruption.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_catalogue::topic::{EVENTS, ORDER, PAY, all, dead_letter};
use fdp_messaging::kafka::{self, Cluster};
use fdp_messaging::topic_reader::TopicReader;
use fdp_test_services::kafka::Kafka;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders, OwnedMessage};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use setup::mirror::{MirrorError, Mirrored, mirror};
use setup::topics::{self, Size};
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_mins(2);
/// The time of the first messages, in milliseconds. Brokers delete what is older than a week.
static BEGUN: LazyLock<i64> =
    LazyLock::new(|| i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap());

/// Makes the platform's topics as the setup does.
async fn set_up(cluster: &Cluster, partitions: i32) {
    let size = Size {
        partitions,
        replicas: 1,
    };
    topics::create(cluster, size, None, Instant::now() + PATIENCE)
        .await
        .unwrap();
}

/// Writes messages with these keys, each with a time and a header of its own.
async fn write(cluster: &Cluster, topic: &str, keys: &[&str]) {
    let producer: FutureProducer = kafka::client(cluster, "test")
        .set("enable.idempotence", "true")
        .create()
        .unwrap();
    let there = cluster.name_there(topic);
    let mut deliveries = Vec::new();
    for (number, key) in (1..).zip(keys) {
        let (payload, number_text) = (format!("{key} {number}"), number.to_string());
        let headers = OwnedHeaders::new().insert(Header {
            key: "number",
            value: Some(&number_text),
        });
        let record = FutureRecord::to(&there)
            .key(*key)
            .payload(&payload)
            .timestamp(*BEGUN + number)
            .headers(headers);
        deliveries.push(producer.send_result(record).unwrap());
    }
    for delivery in deliveries {
        delivery.await.unwrap().unwrap();
    }
}

/// What a topic has, partition by partition: key, content, time and header.
fn read(cluster: &Cluster, topic: &str) -> Vec<Vec<String>> {
    let mut reader = TopicReader::new(cluster, "test", "test", topic).unwrap();
    let partitions = reader.partitions().unwrap();
    let mut all = Vec::new();
    for partition in partitions {
        let mut messages = reader.open(partition, None).unwrap();
        all.push(messages.batch(100_000).unwrap().iter().map(told).collect());
    }
    all
}

fn told(message: &OwnedMessage) -> String {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    let headers = message.headers().map(|headers| text(headers.get(0).value));
    format!(
        "{} {} {:?} {headers:?}",
        text(message.key()),
        text(message.payload()),
        message.timestamp()
    )
}

fn group(cluster: &Cluster, name: &str) -> BaseConsumer {
    kafka::client(cluster, "test")
        .set("group.id", cluster.name_there(name))
        .set("enable.auto.commit", "false")
        .create()
        .unwrap()
}

fn commit(cluster: &Cluster, name: &str, topic: &str, places: &[(i32, i64)]) {
    let mut list = TopicPartitionList::new();
    for (partition, next) in places {
        list.add_partition_offset(&cluster.name_there(topic), *partition, Offset::Offset(*next))
            .unwrap();
    }
    group(cluster, name).commit(&list, CommitMode::Sync).unwrap();
}

fn committed(cluster: &Cluster, name: &str, topic: &str, partition: i32) -> Offset {
    let mut list = TopicPartitionList::new();
    list.add_partition(&cluster.name_there(topic), partition);
    let known = group(cluster, name).committed_offsets(list, PATIENCE).unwrap();
    known.elements()[0].offset()
}

async fn copy(old: &Cluster, new: &Cluster) -> Result<Mirrored, MirrorError> {
    mirror(old.clone(), new.clone(), vec!["coupons".to_owned()]).await
}

/// Each message comes over once, whether the copy is repeated, interrupted, or continued after the services ran again.
async fn everything_comes_over(old: &Cluster, new: &Cluster, orders: usize) {
    let keys: Vec<String> = (0..orders).map(|number| format!("ord_{}", number % 40)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    write(old, ORDER, &keys).await;
    write(old, &dead_letter("store"), &["ord_1", "ord_2"]).await;
    let before = read(old, ORDER);
    let (first, second) = (before[0].len(), before[1].len());
    let [first, second] = [first, second].map(|count| i64::try_from(count).unwrap());
    commit(old, "store", ORDER, &[(0, first), (1, second - 3)]);
    commit(old, "coupons", ORDER, &[(0, 1)]);
    commit(old, "store-dead-letters", &dead_letter("store"), &[(0, 1)]);

    // What an interrupted copy has written.
    write(new, ORDER, &keys[..7]).await;
    let expected = Mirrored {
        topics: all().len(),
        messages: orders + 2,
        groups: 3,
    };
    for _ in 0..2 {
        assert_eq!(copy(old, new).await.unwrap(), expected);
        assert!(read(new, ORDER) == before, "{orders} orders differ");
        assert_eq!(read(new, &dead_letter("store")), read(old, &dead_letter("store")));
    }
    let at = |name, topic: &str, partition| committed(new, name, topic, partition);
    assert_eq!(at("store", ORDER, 0), Offset::Offset(first));
    assert_eq!(at("store", ORDER, 1), Offset::Offset(second - 3));
    assert_eq!(at("coupons", ORDER, 0), Offset::Offset(1));
    assert_eq!(at("coupons", ORDER, 1), Offset::Invalid, "it has never read it");
    assert_eq!(
        at("store-dead-letters", &dead_letter("store"), 0),
        Offset::Offset(1)
    );

    write(old, ORDER, &["ord_later"]).await;
    assert_eq!(copy(old, new).await.unwrap().messages, orders + 3);
    assert!(read(new, ORDER) == read(old, ORDER), "{orders} orders differ");
}

/// Foreign messages end the copy, and nothing is written beside them.
async fn foreign_messages_are_refused(old: &Cluster, new: &Cluster) {
    write(old, ORDER, &["ord_1", "ord_2"]).await;
    write(new, ORDER, &["ord_1", "foreign"]).await;
    let refused = copy(old, new).await.unwrap_err();
    assert!(
        matches!(refused, MirrorError::Foreign { messages: 1, .. }),
        "{refused}"
    );
    assert!(
        refused
            .to_string()
            .contains("holds 1 messages that the old Kafka lacks"),
        "{refused}"
    );
    assert_eq!(read(new, ORDER)[0].len(), 2);
}

/// With other partitions, messages of a key stay together and in order, and nobody may have messages left to read.
async fn another_number_of_partitions_keeps_the_order_of_keys(old: &Cluster, new: &Cluster) {
    let keys = ["ord_1", "ord_2", "ord_3", "ord_1", "ord_4", "ord_5", "ord_2"];
    write(old, PAY, &keys).await;
    let ends: Vec<(i32, i64)> = (0..)
        .zip(read(old, PAY))
        .map(|(partition, messages)| (partition, i64::try_from(messages.len()).unwrap()))
        .collect();
    let behind: Vec<(i32, i64)> = ends.iter().map(|(partition, _)| (*partition, 0)).collect();
    commit(old, "order", PAY, &behind);
    let refused = copy(old, new).await.unwrap_err().to_string();
    assert!(
        refused.contains("the group order has not read 7 messages"),
        "{refused}"
    );

    commit(old, "order", PAY, &ends);
    assert_eq!(copy(old, new).await.unwrap().messages, 7);
    // A later message of each key goes where its earlier ones are: the client's own choice is the same.
    write(new, PAY, &keys).await;
    for messages in read(new, PAY) {
        let (copied, later) = messages.split_at(messages.len() / 2);
        let keys = |messages: &[String]| -> Vec<String> {
            let mut keys: Vec<String> = messages.iter().map(|text| text[..5].to_owned()).collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(copied), keys(later));
    }
    for (partition, messages) in (0..).zip(read(new, PAY)) {
        let copied = i64::try_from(messages.len() / 2).unwrap();
        assert_eq!(committed(new, "order", PAY, partition), Offset::Offset(copied));
    }
}

type Mock = MockCluster<'static, DefaultProducerContext>;

/// Two simulated brokers; topics have so many partitions there.
fn mocks(partitions: [i32; 2]) -> [(Mock, Cluster); 2] {
    [("", partitions[0]), ("food.shop.", partitions[1])].map(|(prefix, partitions)| {
        let mock = MockCluster::new(1).unwrap();
        let cluster = Cluster::new(mock.bootstrap_servers(), prefix);
        for name in all() {
            let partitions = if EVENTS.contains(&name.as_str()) {
                partitions
            } else {
                1
            };
            mock.create_topic(&cluster.name_there(&name), partitions, 1)
                .unwrap();
        }
        (mock, cluster)
    })
}

#[tokio::test]
async fn a_copy_can_be_repeated_and_interrupted() {
    let [(_first, old), (_second, new)] = mocks([2, 2]);
    everything_comes_over(&old, &new, 30).await;
}

#[tokio::test]
async fn a_copy_touches_no_topic_with_foreign_messages() {
    let [(_first, old), (_second, new)] = mocks([1, 1]);
    foreign_messages_are_refused(&old, &new).await;
}

#[tokio::test]
async fn a_copy_to_other_partitions_keeps_the_order_of_keys() {
    let [(_first, old), (_second, new)] = mocks([2, 3]);
    another_number_of_partitions_keeps_the_order_of_keys(&old, &new).await;
}

#[tokio::test]
async fn two_addresses_of_one_kafka_are_refused() {
    let [(_first, old), _] = mocks([1, 1]);
    let refused = copy(&old, &old).await.unwrap_err();
    assert!(matches!(refused, MirrorError::Same), "{refused}");
}

/// Two brokers of this machine. A broker's cluster id depends on nothing, so prefixes tell what is whose.
struct Brokers {
    old: Kafka,
    new: Kafka,
    _directories: [TempDir; 2],
}

impl Brokers {
    fn start() -> Self {
        let libraries = fdp_images::kafka_libs(&fdp_checkout::cache()).unwrap();
        let directories = [(); 2].map(|()| tempfile::Builder::new().prefix("fdp-").tempdir().unwrap());
        let [mut old, mut new] = [&directories[0], &directories[1]].map(|directory| {
            let ports = [fdp_ports::free().unwrap(), fdp_ports::free().unwrap()];
            let making = Kafka::make(directory.path(), &libraries, directory.path(), ports).unwrap();
            making.finish().unwrap()
        });
        old.wait_ready().unwrap();
        new.wait_ready().unwrap();
        Self {
            old,
            new,
            _directories: directories,
        }
    }
}

#[tokio::test]
#[ignore = "needs Java and Maven"]
async fn between_real_brokers_everything_comes_over() {
    let brokers = Brokers::start();
    let side = async |kafka: &Kafka, prefix: &str, partitions| {
        let cluster = Cluster::new(kafka.brokers(), prefix);
        set_up(&cluster, partitions).await;
        cluster
    };
    let (old, new) = (side(&brokers.old, "a.", 2).await, side(&brokers.new, "", 2).await);
    everything_comes_over(&old, &new, 1_000).await;
    let (old, new) = (
        side(&brokers.old, "b.", 1).await,
        side(&brokers.new, "c.", 1).await,
    );
    foreign_messages_are_refused(&old, &new).await;
    let (old, new) = (
        side(&brokers.old, "d.", 2).await,
        side(&brokers.new, "d.x.", 3).await,
    );
    another_number_of_partitions_keeps_the_order_of_keys(&old, &new).await;
}
