//! Tests the setup on servers that several platforms use: each gets what is its own, and nothing of another one is touched.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_catalogue::topic;
use fdp_messaging::kafka::Cluster;
use fdp_test_services::postgres::Postgres;
use rdkafka::mocking::MockCluster;
use setup::databases::{self, Database, DatabasesError};
use setup::owned_topics::{self, Mark};
use setup::owner::{Clash, Owner};
use setup::topics::{self, Size, TopicsError};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a busy machine may take.
const PATIENCE: Duration = Duration::from_mins(2);
const SERVICES: [&str; 2] = ["order", "pay"];

/// A server of its own, which ends with the test.
struct Server {
    postgres: Postgres,
    _directory: TempDir,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("fdp-").tempdir().unwrap();
        // Its user is not the one of the test.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        let data = directory.path().join("postgres");
        std::fs::create_dir(&data).unwrap();
        let making = Postgres::make(&data, directory.path(), fdp_ports::free().unwrap()).unwrap();
        let mut postgres = making.finish().unwrap();
        postgres.wait_ready().unwrap();
        Self {
            postgres,
            _directory: directory,
        }
    }

    /// What the setup of a platform does there.
    async fn set_up(
        &self,
        prefix: &str,
        password: &str,
        owner: Option<&Owner>,
    ) -> Result<(), DatabasesError> {
        self.set_up_within(PATIENCE, prefix, password, owner).await
    }

    async fn set_up_within(
        &self,
        patience: Duration,
        prefix: &str,
        password: &str,
        owner: Option<&Owner>,
    ) -> Result<(), DatabasesError> {
        let databases = SERVICES.map(|service| Database {
            name: format!("{prefix}{service}"),
            password: password.to_owned(),
        });
        let deadline = Instant::now() + patience;
        databases::create(&self.postgres.administrator_url(), &databases, owner, deadline).await
    }

    async fn connect(&self, name: &str, password: &str) -> Result<PgConnection, sqlx::Error> {
        let url = self.postgres.url(name, password, name);
        url.parse::<PgConnectOptions>()?.connect().await
    }

    async fn opens(&self, name: &str, password: &str) -> bool {
        self.connect(name, password).await.is_ok()
    }
}

fn owner(platform: &str, uid: &str) -> Owner {
    Owner {
        platform: platform.to_owned(),
        uid: Some(uid.to_owned()),
    }
}

#[tokio::test]
async fn two_platforms_of_one_name_share_a_server_and_no_password() {
    let server = Server::start();
    let (food, fast) = (owner("food/shop", "1"), owner("fast/shop", "2"));
    server.set_up("food_shop_", "a", Some(&food)).await.unwrap();
    server.set_up("fast_shop_", "b", Some(&fast)).await.unwrap();
    assert!(server.opens("food_shop_pay", "a").await && server.opens("fast_shop_pay", "b").await);

    let refused = server.set_up("food_shop_", "b", Some(&fast)).await.unwrap_err();
    let DatabasesError::Clash(Clash::Marked { other, .. }) = &refused else {
        panic!("{refused}");
    };
    assert_eq!(other, "food/shop");
    assert!(refused.to_string().contains("spec.postgres.prefix"), "{refused}");
    assert!(server.opens("food_shop_pay", "a").await && server.opens("food_shop_order", "a").await);

    // Its own platform goes on, with another password as well.
    server.set_up("food_shop_", "c", Some(&food)).await.unwrap();
    assert!(server.opens("food_shop_pay", "c").await);
}

#[tokio::test]
async fn a_platform_that_is_made_again_gets_its_data_back() {
    let server = Server::start();
    server
        .set_up("food_shop_", "a", Some(&owner("food/shop", "1")))
        .await
        .unwrap();
    let mut old = server.connect("food_shop_pay", "a").await.unwrap();
    sqlx::raw_sql("CREATE TABLE payments AS SELECT 7 AS id")
        .execute(&mut old)
        .await
        .unwrap();

    // One of the same name that still runs elsewhere keeps its password.
    let new_one = owner("food/shop", "2");
    let made_again = |patience| server.set_up_within(patience, "food_shop_", "b", Some(&new_one));
    let refused = made_again(Duration::from_secs(10)).await.unwrap_err().to_string();
    assert!(
        refused.contains("the role 'food_shop_pay' is in use"),
        "{refused}"
    );
    assert!(server.opens("food_shop_pay", "a").await);
    // With the same password it is the same platform, connected or not.
    server
        .set_up("food_shop_", "a", Some(&owner("food/shop", "3")))
        .await
        .unwrap();

    old.close().await.unwrap();
    until_nobody_is_connected(&server).await;
    made_again(PATIENCE).await.unwrap();
    let mut new = server.connect("food_shop_pay", "b").await.unwrap();
    let id: i32 = sqlx::query_scalar("SELECT id FROM payments")
        .fetch_one(&mut new)
        .await
        .unwrap();
    assert_eq!(id, 7);
}

async fn until_nobody_is_connected(server: &Server) {
    let ask = "SELECT count(*) AS n FROM pg_stat_activity WHERE usename LIKE 'food%'";
    let gone = async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        while server.postgres.number("postgres", ask).unwrap() > 0 {
            looks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.unwrap();
}

#[tokio::test]
async fn what_was_made_before_there_were_marks_is_known_by_its_password() {
    let server = Server::start();
    server.set_up("shop_", "a", None).await.unwrap();
    let says = "COMMENT ON ROLE shop_pay IS 'payments, ask Kim'";
    server.postgres.execute("postgres", says).unwrap();

    let refused = server.set_up("shop_", "b", Some(&owner("fast/shop", "2"))).await;
    let Err(DatabasesError::Clash(clash @ Clash::Unmarked { .. })) = refused else {
        panic!("{refused:?}");
    };
    let cure = "COMMENT ON ROLE \"shop_order\" IS 'platform=fast/shop'";
    assert!(clash.to_string().contains(cure), "{clash}");
    assert!(server.opens("shop_order", "a").await, "nothing was touched");

    server
        .set_up("shop_", "a", Some(&owner("food/shop", "1")))
        .await
        .unwrap();
    let comment =
        "SELECT shobj_description(oid, 'pg_authid') AS said FROM pg_roles WHERE rolname = 'shop_pay'";
    let rows = server.postgres.query("postgres", comment).unwrap();
    let comment = rows[0].to_string();
    assert!(
        comment.contains("ask Kim") && comment.contains("platform=food/shop uid=1"),
        "{comment}"
    );
    let refused = server.set_up("shop_", "b", Some(&owner("fast/shop", "2"))).await;
    assert!(
        matches!(refused, Err(DatabasesError::Clash(Clash::Marked { .. }))),
        "{refused:?}"
    );

    // Whoever knows better says so on the server.
    for role in ["shop_order", "shop_pay"] {
        let by_hand = format!("COMMENT ON ROLE \"{role}\" IS 'platform=fast/shop'");
        server.postgres.execute("postgres", &by_hand).unwrap();
    }
    server
        .set_up("shop_", "b", Some(&owner("fast/shop", "2")))
        .await
        .unwrap();
    assert!(server.opens("shop_order", "b").await);
}

/// What the setup of a platform does there; the other platform that has the same topics.
async fn set_up_topics(cluster: &Cluster, owner: &Owner) -> Result<Option<String>, TopicsError> {
    let size = Size {
        partitions: 1,
        replicas: 1,
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    let insists = !cluster.prefix().is_empty();
    let mark = Mark { owner, insists };
    topics::create(cluster, size, Some(mark), deadline).await
}

/// The topics with that prefix. The simulated broker has topics only where a test has made them.
fn topics_of(brokers: &MockCluster<'_, rdkafka::producer::DefaultProducerContext>, prefix: &str) -> Cluster {
    let cluster = Cluster::new(brokers.bootstrap_servers(), prefix);
    let all = topic::all();
    for name in all.iter().map(String::as_str).chain([owned_topics::TOPIC]) {
        brokers.create_topic(&cluster.name_there(name), 1, 1).unwrap();
    }
    cluster
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_with_a_prefix_belong_to_the_first_platform_that_comes() {
    let brokers = MockCluster::new(1).unwrap();
    let (shared, own) = (topics_of(&brokers, "shop."), topics_of(&brokers, "fast.shop."));
    set_up_topics(&shared, &owner("food/shop", "1")).await.unwrap();
    let refused = set_up_topics(&shared, &owner("fast/shop", "2"))
        .await
        .unwrap_err();
    assert!(matches!(refused, TopicsError::Clash(_)), "{refused}");
    for part in [
        "the topic 'shop.fooddelivery.owner'",
        "the platform food/shop",
        "spec.kafka.prefix",
    ] {
        assert!(refused.to_string().contains(part), "{part}: {refused}");
    }
    set_up_topics(&own, &owner("fast/shop", "2")).await.unwrap();
    // It may come again, also after it was made anew.
    set_up_topics(&shared, &owner("food/shop", "3")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn platforms_that_share_topics_without_a_prefix_go_on_and_hear_of_it() {
    let brokers = MockCluster::new(1).unwrap();
    let plain = topics_of(&brokers, "");
    let (food, fast) = (owner("food/shop", "1"), owner("fast/shop", "2"));
    assert_eq!(set_up_topics(&plain, &food).await.unwrap(), None);
    let other = set_up_topics(&plain, &fast).await.unwrap();
    assert_eq!(other.as_deref(), Some("food/shop"));
    // The first one stays whose they are.
    assert_eq!(set_up_topics(&plain, &food).await.unwrap(), None);
}
