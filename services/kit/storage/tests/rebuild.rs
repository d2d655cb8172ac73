//! Rebuilds a projection from the events in Kafka.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, OrderSnapshot, OrderState, topic};
use fdp_messaging::Incoming;
use fdp_storage::inbox::EventHandler;
use fdp_storage::rebuild::{Dropped, Projection, RebuildError, Rebuilt, Source, rebuild};
use include_dir::include_dir;
use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{FutureProducer, FutureRecord};
use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool};
use std::sync::LazyLock;
use std::time::Duration;
use uuid::Uuid;

static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/tests/migrations")));
/// The simulated broker drops the oldest messages of a partition beyond 5 MB.
const LARGE: usize = 900_000;
const TOO_MANY: usize = 8;

/// One diary per order.
struct Diaries;

#[async_trait]
impl EventHandler for Diaries {
    type Affected = Vec<OrderId>;

    fn concerns(&self, kind: &str) -> bool {
        kind.starts_with("fooddelivery.order.")
    }

    async fn load(&self, _: &mut PgConnection, _: &[Incoming]) -> Result<Vec<OrderId>, sqlx::Error> {
        Ok(Vec::new())
    }

    fn react(
        &self,
        affected: &mut Vec<OrderId>,
        incoming: &Incoming,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        affected.extend(incoming.order_id());
        Ok(Vec::new())
    }

    async fn save(&self, connection: &mut PgConnection, affected: Vec<OrderId>) -> Result<bool, sqlx::Error> {
        let ids: Vec<Uuid> = affected.iter().map(|id| id.uuid()).collect();
        sqlx::query("INSERT INTO diaries SELECT id, 'anew' FROM unnest($1::uuid[]) AS id")
            .bind(ids)
            .execute(connection)
            .await?;
        Ok(true)
    }
}

#[async_trait]
impl Projection for Diaries {
    async fn empty(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM diaries").execute(connection).await?;
        Ok(())
    }
}

fn placed(padding: usize) -> String {
    let order = OrderSnapshot {
        order_id: OrderId::new(),
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![],
        amount: 10_000,
        delivery_fee: 0,
        store_version: None,
        state: OrderState::Placed,
        reason: Some("x".repeat(padding)),
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    };
    let envelope = Event::Order(order).into_cloud_event("order", None).unwrap();
    serde_json::to_string(&envelope).unwrap()
}

async fn publish(brokers: &str, events: usize, padding: usize) {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .create()
        .unwrap();
    for _ in 0..events {
        let payload = placed(padding);
        let record = FutureRecord::to(topic::ORDER).key("ord_1").payload(&payload);
        producer.send(record, Duration::from_secs(20)).await.unwrap();
    }
}

async fn diaries(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("SELECT states FROM diaries")
        .fetch_all(pool)
        .await
        .unwrap()
}

async fn with_an_old_diary() -> PgPool {
    let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
    sqlx::query("INSERT INTO diaries VALUES ($1, 'old')")
        .bind(Uuid::now_v7())
        .execute(&pool)
        .await
        .unwrap();
    pool
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a PostgreSQL server"]
async fn what_the_topics_hold_from_their_first_event_on_takes_the_place_of_the_old() {
    let pool = with_an_old_diary().await;
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(topic::ORDER, 1, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    publish(&brokers, 3, 0).await;
    let done = rebuild(
        &pool,
        &brokers.clone().into(),
        &[topic::ORDER],
        &Diaries,
        Source::Everything,
    )
    .await;
    let expected = Rebuilt {
        events: 3,
        ..Rebuilt::default()
    };
    assert_eq!(done.unwrap(), expected);
    assert_eq!(diaries(&pool).await, ["anew"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a PostgreSQL server"]
async fn when_kafka_has_dropped_events_all_stays_as_it_was_unless_what_is_left_is_enough() {
    let pool = with_an_old_diary().await;
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(topic::ORDER, 1, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    publish(&brokers, TOO_MANY, LARGE).await;

    let refused = rebuild(
        &pool,
        &brokers.clone().into(),
        &[topic::ORDER],
        &Diaries,
        Source::Everything,
    )
    .await;
    let Err(RebuildError::Dropped(dropped)) = &refused else {
        unreachable!("{refused:?}");
    };
    let [Dropped { events, .. }] = dropped.as_slice() else {
        unreachable!("{dropped:?}");
    };
    let words = refused.as_ref().unwrap_err().to_string();
    assert!(
        words.contains("--from-what-is-left") && words.contains("retention.ms"),
        "{words}"
    );
    assert_eq!(diaries(&pool).await, ["old"]);

    let done = rebuild(
        &pool,
        &brokers.clone().into(),
        &[topic::ORDER],
        &Diaries,
        Source::Available,
    )
    .await;
    let left = TOO_MANY - usize::try_from(*events).unwrap();
    assert_eq!(done.unwrap().events, left);
    assert_eq!(diaries(&pool).await, vec!["anew"; left]);
}
