//! Tests the outbox relay of document databases: all pending events are published, in order, by one replica at a time.

use crate::data_store::{DataStore as _, Mongodb, id, placed, ticket};
use ::mongodb::bson::{Document, doc};
use fdp_contracts::{CloudEvent, OrderId, topic};
use fdp_messaging::Effects as _;
use fdp_runtime::Health;
use fdp_test_mongodb::StandIn;
use order::adapters::events::{MongoInbox, PaymentNews};
use order::adapters::storage::mongodb::{MongoOrders, Relay};
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{ClientConfig, Message as _};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The timeout of each wait in these tests.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An empty database, and a broker with the topic of orders.
async fn servers(server: StandIn) -> (Mongodb, MockCluster<'static, DefaultProducerContext>) {
    let store = Mongodb::make(server).await.unwrap();
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(topic::ORDER, 4, 1).unwrap();
    (store, cluster)
}

struct Replica {
    orders: MongoOrders,
    health: Health,
    stop: CancellationToken,
    relay: JoinHandle<()>,
}

fn replica(store: &Mongodb, brokers: &str, name: &str) -> Replica {
    let orders = MongoOrders::new(&store.database);
    let (health, stop) = (Health::default(), CancellationToken::new());
    health.required("database").ready();
    let relay = Relay {
        cluster: brokers.to_owned().into(),
        client_id: name.to_owned(),
        topic: topic::ORDER,
    };
    let relay = tokio::spawn(relay.run(
        store.database.clone(),
        orders.clone(),
        health.clone(),
        stop.clone(),
    ));
    Replica {
        orders,
        health,
        stop,
        relay,
    }
}

impl Replica {
    /// Stops the replica, and waits until its relay has ended.
    async fn end(self) {
        self.stop.cancel();
        self.relay.await.unwrap();
    }

    /// Why the check of its relay fails; `None` if it does not.
    fn trouble(&self) -> Option<String> {
        let check = self.health.checks().remove("outbox relay");
        let check = check.map_or((false, String::new()), |check| (check.ready, check.detail));
        (!check.0).then_some(check.1)
    }
}

async fn until<T>(mut poll: impl FnMut() -> Option<T>) -> T {
    timeout(TIMEOUT, async {
        loop {
            if let Some(found) = poll() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap()
}

/// Waits until one of `replicas` relays; returns its index.
async fn leader(replicas: &[&Replica]) -> usize {
    until(|| replicas.iter().position(|replica| replica.trouble().is_none())).await
}

/// The term of the lease, which increases with every takeover.
async fn term(store: &Mongodb) -> i64 {
    let leases = store.database.collection::<Document>("leases");
    let lease = leases.find_one(doc! {"_id": "relay"}).await.unwrap().unwrap();
    lease.get_i64("term").unwrap()
}

fn reader(brokers: &str) -> StreamConsumer {
    let reader: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "reader")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    reader.subscribe(&[topic::ORDER]).unwrap();
    reader
}

/// Reads until each of `orders` was announced up to version `last`; returns the versions, without redelivered events.
async fn read(reader: &StreamConsumer, orders: &[OrderId], last: u64) -> BTreeMap<String, Vec<u64>> {
    let mut versions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    timeout(TIMEOUT, async {
        while orders
            .iter()
            .any(|order_id| versions.get(&order_id.to_string()).and_then(|all| all.last()) != Some(&last))
        {
            let message = reader.recv().await.unwrap();
            let event: CloudEvent = serde_json::from_slice(message.payload().unwrap()).unwrap();
            assert_eq!(message.key().unwrap(), event.subject.as_bytes());
            if seen.insert(event.id) {
                let version = event.data["version"].as_u64().unwrap();
                versions.entry(event.subject).or_default().push(version);
            }
        }
    })
    .await
    .unwrap();
    versions
}

pub(crate) async fn events_of_all_replicas_are_published_once_and_in_order(server: StandIn) {
    let (store, cluster) = servers(server).await;
    let brokers = cluster.bootstrap_servers();
    let (one, other) = (
        replica(&store, &brokers, "one"),
        replica(&store, &brokers, "other"),
    );

    let mut orders = Vec::new();
    for number in 0..40 {
        let replica = if number % 2 == 0 { &one } else { &other };
        let order_id = id(&placed(&replica.orders).await);
        let events = [ticket(order_id, "Accepted"), ticket(order_id, "CookingStarted")];
        let inbox = MongoInbox::new(replica.orders.clone(), PaymentNews::Ignored);
        inbox.apply(&events).await.unwrap();
        orders.push(order_id);
    }
    let published = read(&reader(&brokers), &orders, 3).await;
    assert_eq!(published.len(), orders.len());
    for (order_id, versions) in published {
        assert_eq!(versions, [1, 2, 3], "{order_id}");
    }
    timeout(TIMEOUT, async {
        while !store.pending_events().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    one.end().await;
    other.end().await;
}

pub(crate) async fn another_replica_relays_when_the_first_dies_or_stops(server: StandIn) {
    let (store, cluster) = servers(server).await;
    let brokers = cluster.bootstrap_servers();
    let reader = reader(&brokers);
    let first = replica(&store, &brokers, "first");
    leader(&[&first]).await;
    let second = replica(&store, &brokers, "second");
    let third = replica(&store, &brokers, "third");

    // A crash: the lease is not released.
    first.relay.abort();
    assert!(first.relay.await.unwrap_err().is_cancelled());
    let order_id = id(&placed(&second.orders).await);
    assert_eq!(read(&reader, &[order_id], 1).await.len(), 1);
    let mut rest = vec![second, third];
    let relays = leader(&[&rest[0], &rest[1]]).await;

    // A stop as in a rollout: the lease is taken over at once.
    let stopped = rest.remove(relays);
    stopped.end().await;
    let order_id = id(&placed(&rest[0].orders).await);
    assert_eq!(read(&reader, &[order_id], 1).await.len(), 1);
    rest[0].stop.cancel();
}

pub(crate) async fn an_unavailable_broker_does_not_move_the_relay(server: StandIn) {
    let (store, cluster) = servers(server).await;
    let brokers = cluster.bootstrap_servers();
    let one = replica(&store, &brokers, "one");
    leader(&[&one]).await;
    let other = replica(&store, &brokers, "other");
    let first = term(&store).await;

    cluster.broker_down(1).unwrap();
    let order_id = id(&placed(&one.orders).await);
    // Longer than another replica waits for a heartbeat.
    let trouble = until(|| one.trouble()).await;
    assert!(trouble.contains("the broker does not take events"), "{trouble}");
    assert_eq!(term(&store).await, first);

    cluster.broker_up(1).unwrap();
    assert_eq!(read(&reader(&brokers), &[order_id], 1).await.len(), 1);
    until(|| one.trouble().is_none().then_some(())).await;
    assert_eq!(term(&store).await, first);
    one.end().await;
    other.end().await;
}

pub(crate) async fn a_relay_that_failed_starts_again_without_waiting_for_its_own_lease(server: StandIn) {
    let (store, cluster) = servers(server).await;
    let brokers = cluster.bootstrap_servers();
    let one = replica(&store, &brokers, "one");
    leader(&[&one]).await;

    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster.request_errors(RDKafkaApiKey::Produce, &[refusal]);
    let order_id = id(&placed(&one.orders).await);
    until(|| one.trouble()).await;
    let failed = Instant::now();
    until(|| one.trouble().is_none().then_some(())).await;
    // It pauses for one second; without a heartbeat, a takeover would take three more.
    assert!(
        failed.elapsed() < Duration::from_secs(4),
        "{:?}",
        failed.elapsed()
    );
    assert_eq!(read(&reader(&brokers), &[order_id], 1).await.len(), 1);
    one.end().await;
}
