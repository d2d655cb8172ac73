//! The relay of the orders in MongoDB: everything that they owe is published, in order, by one replica at a time.

use crate::place::{Mongodb, Place as _, id, placed, ticket};
use ::mongodb::bson::{Document, doc};
use fdp_contracts::{CloudEvent, OrderId, topic};
use fdp_kit::Health;
use fdp_kit::inbox::Effects as _;
use order::store::mongodb::{MongoInbox, MongoOrders, Relay};
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{ClientConfig, Message as _};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

struct Replica {
    orders: MongoOrders,
    health: Health,
    stop: CancellationToken,
    relay: JoinHandle<()>,
}

fn replica(place: &Mongodb, brokers: &str, name: &str) -> Replica {
    let orders = MongoOrders::new(&place.database);
    let (health, stop) = (Health::default(), CancellationToken::new());
    health.required("database").ready();
    let relay = Relay {
        brokers: brokers.to_owned(),
        client_id: name.to_owned(),
        topic: topic::ORDER,
    };
    let relay = tokio::spawn(relay.run(
        place.database.clone(),
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
    /// What its relay's check says; `None` when all is well.
    fn trouble(&self) -> Option<String> {
        let check = self.health.checks().remove("outbox relay");
        let check = check.map_or((false, String::new()), |check| (check.ready, check.detail));
        (!check.0).then_some(check.1)
    }
}

async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    timeout(PATIENCE, async {
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap()
}

/// Waits until one of `replicas` relays, and gives which.
async fn leader(replicas: &[&Replica]) -> usize {
    until(|| replicas.iter().position(|replica| replica.trouble().is_none())).await
}

/// How often the relay has passed on.
async fn term(place: &Mongodb) -> i64 {
    let leases = place.database.collection::<Document>("leases");
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

/// Reads until each of `orders` was announced up to `last`; gives the versions, first arrivals only.
async fn read(reader: &StreamConsumer, orders: &[OrderId], last: u64) -> BTreeMap<String, Vec<u64>> {
    let mut versions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    timeout(PATIENCE, async {
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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a server"]
async fn everything_that_is_owed_is_published_once_and_in_order_whichever_replica_owes_it() {
    let place = Mongodb::make().await.unwrap();
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(topic::ORDER, 4, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let (one, other) = (
        replica(&place, &brokers, "one"),
        replica(&place, &brokers, "other"),
    );

    let mut orders = Vec::new();
    for number in 0..40 {
        let replica = if number % 2 == 0 { &one } else { &other };
        let order_id = id(&placed(&replica.orders).await);
        let news = [ticket(order_id, "Accepted"), ticket(order_id, "CookingStarted")];
        let inbox = MongoInbox::new(replica.orders.clone());
        inbox.bring_about(&news).await.unwrap();
        orders.push(order_id);
    }
    let published = read(&reader(&brokers), &orders, 3).await;
    assert_eq!(published.len(), orders.len());
    for (order_id, versions) in published {
        assert_eq!(versions, [1, 2, 3], "{order_id}");
    }
    timeout(PATIENCE, async {
        while !place.owed().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    for replica in [one, other] {
        replica.stop.cancel();
        replica.relay.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a server"]
async fn another_replica_relays_when_the_first_dies_or_stops() {
    let place = Mongodb::make().await.unwrap();
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(topic::ORDER, 4, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let reader = reader(&brokers);
    let first = replica(&place, &brokers, "first");
    leader(&[&first]).await;
    let second = replica(&place, &brokers, "second");
    let third = replica(&place, &brokers, "third");

    // A crash: it says goodbye to nobody.
    first.relay.abort();
    assert!(first.relay.await.unwrap_err().is_cancelled());
    let order_id = id(&placed(&second.orders).await);
    assert_eq!(read(&reader, &[order_id], 1).await.len(), 1);
    let mut rest = vec![second, third];
    let relays = leader(&[&rest[0], &rest[1]]).await;

    // A stop as in a rollout: the lease passes on at once.
    let stopped = rest.remove(relays);
    stopped.stop.cancel();
    stopped.relay.await.unwrap();
    let order_id = id(&placed(&rest[0].orders).await);
    assert_eq!(read(&reader, &[order_id], 1).await.len(), 1);
    rest[0].stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a server"]
async fn while_the_broker_is_away_the_relay_stays_where_it_is_and_says_so() {
    let place = Mongodb::make().await.unwrap();
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(topic::ORDER, 4, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let one = replica(&place, &brokers, "one");
    leader(&[&one]).await;
    let other = replica(&place, &brokers, "other");
    let first = term(&place).await;

    cluster.broker_down(1).unwrap();
    let order_id = id(&placed(&one.orders).await);
    // Longer than another replica waits for a lease that stands still.
    let words = until(|| one.trouble()).await;
    assert!(words.contains("the broker does not take events"), "{words}");
    assert_eq!(term(&place).await, first);

    cluster.broker_up(1).unwrap();
    assert_eq!(read(&reader(&brokers), &[order_id], 1).await.len(), 1);
    until(|| one.trouble().is_none().then_some(())).await;
    assert_eq!(term(&place).await, first);
    for replica in [one, other] {
        replica.stop.cancel();
        replica.relay.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a server"]
async fn a_relay_that_failed_starts_again_without_waiting_for_its_own_lease() {
    let place = Mongodb::make().await.unwrap();
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(topic::ORDER, 4, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let one = replica(&place, &brokers, "one");
    leader(&[&one]).await;

    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster.request_errors(RDKafkaApiKey::Produce, &[refusal]);
    let order_id = id(&placed(&one.orders).await);
    until(|| one.trouble()).await;
    let failed = Instant::now();
    until(|| one.trouble().is_none().then_some(())).await;
    // It rests for one second; its lease would have to stand still for three more.
    assert!(
        failed.elapsed() < Duration::from_secs(4),
        "{:?}",
        failed.elapsed()
    );
    assert_eq!(read(&reader(&brokers), &[order_id], 1).await.len(), 1);
    one.stop.cancel();
    one.relay.await.unwrap();
}
