//! Tests that somebody can wait until every event is published and read, and is told what is left.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_catalogue::topic::{EVENTS, ORDER};
use fdp_messaging::kafka::{self, Cluster};
use fdp_test_services::postgres::Postgres;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use setup::databases::{self, Database};
use setup::drain::{Settings, drain};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_mins(2);

fn server(directory: &TempDir) -> Postgres {
    // Its user is not the one of the test.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).unwrap();
    let data = directory.path().join("postgres");
    std::fs::create_dir(&data).unwrap();
    let making = Postgres::make(&data, directory.path(), fdp_ports::free().unwrap()).unwrap();
    let mut postgres = making.finish().unwrap();
    postgres.wait_ready().unwrap();
    postgres
}

async fn run(postgres: &Postgres, database: &str, statements: &'static str) {
    let url = postgres.url(database, "secret", database);
    let mut connection = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
}

fn settings(postgres: &Postgres, passwords: &Path, seconds: u64) -> Settings {
    Settings {
        postgres_url: postgres.administrator_url(),
        databases_dir: passwords.to_owned(),
        database_prefix: "shop_".to_owned(),
        groups: vec!["store".to_owned(), "coupons".to_owned()],
        seconds,
        told_file: "/dev/null".into(),
    }
}

/// The store's group has read a topic to there.
fn read(cluster: &Cluster, next: i64) {
    let store: BaseConsumer = kafka::client(cluster, "test")
        .set("group.id", cluster.name_there("store"))
        .create()
        .unwrap();
    let mut place = TopicPartitionList::new();
    place
        .add_partition_offset(&cluster.name_there(ORDER), 0, Offset::Offset(next))
        .unwrap();
    store.commit(&place, CommitMode::Sync).unwrap();
}

#[tokio::test]
async fn nothing_is_left_when_outboxes_are_empty_and_groups_at_the_end() {
    let directory = tempfile::Builder::new().prefix("fdp-").tempdir().unwrap();
    let postgres = server(&directory);
    let passwords = directory.path().join("passwords");
    std::fs::create_dir(&passwords).unwrap();
    let databases = ["order", "pay"].map(|name| {
        std::fs::write(passwords.join(name), "secret").unwrap();
        Database {
            name: format!("shop_{name}"),
            password: "secret".to_owned(),
        }
    });
    databases::create(
        &postgres.administrator_url(),
        &databases,
        None,
        Instant::now() + PATIENCE,
    )
    .await
    .unwrap();
    run(
        &postgres,
        "shop_order",
        "CREATE TABLE outbox (seq int); INSERT INTO outbox VALUES (1), (2)",
    )
    .await;
    let brokers = MockCluster::new(1).unwrap();
    let cluster = Cluster::new(brokers.bootstrap_servers(), "food.");
    for topic in EVENTS {
        brokers.create_topic(&cluster.name_there(topic), 1, 1).unwrap();
    }
    let producer: FutureProducer = kafka::producer(&cluster, "test").unwrap();
    let there = cluster.name_there(ORDER);
    for _ in 0..3 {
        let record = FutureRecord::to(&there).key("ord_1").payload("{}");
        producer.send(record, PATIENCE).await.unwrap();
    }

    let left = async |seconds| {
        let settings = settings(&postgres, &passwords, seconds);
        drain(&settings, &cluster).await.unwrap().to_string()
    };
    assert_eq!(
        left(0).await,
        "2 events in the outbox of shop_order, 3 messages of fooddelivery.order that store has not read"
    );
    read(&cluster, 1);
    run(&postgres, "shop_order", "DELETE FROM outbox").await;
    assert_eq!(
        left(0).await,
        "2 messages of fooddelivery.order that store has not read"
    );
    read(&cluster, 3);
    assert_eq!(left(60).await, "");
}
