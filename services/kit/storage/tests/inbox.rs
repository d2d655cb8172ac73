//! Events and commands are applied in a real database, each once.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, OrderSnapshot, OrderState};
use fdp_messaging::{Effects, Incoming};
use fdp_storage::Outbox;
use fdp_storage::inbox::{PgInbox, Reacting, Reaction};
use fdp_storage::ledger::{Change, Ledger, PgLedger, Table};
use include_dir::include_dir;
use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool, Row};
use std::sync::{Arc, LazyLock};
use uuid::Uuid;

static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/tests/migrations")));

/// Records every state of its order, and forwards each one.
#[derive(Debug, Clone, PartialEq)]
struct Diary {
    order_id: OrderId,
    states: String,
}

struct Diaries;

fn ids(diaries: &[&Diary]) -> Vec<Uuid> {
    diaries.iter().map(|diary| diary.order_id.uuid()).collect()
}

fn states(diaries: &[&Diary]) -> Vec<String> {
    diaries.iter().map(|diary| diary.states.clone()).collect()
}

#[async_trait]
impl Table for Diaries {
    type Aggregate = Diary;

    fn order_id(diary: &Diary) -> OrderId {
        diary.order_id
    }

    async fn lock(connection: &mut PgConnection, order_ids: &[OrderId]) -> Result<Vec<Diary>, sqlx::Error> {
        let ids: Vec<Uuid> = order_ids.iter().map(|id| id.uuid()).collect();
        let rows = sqlx::query("SELECT * FROM diaries WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE")
            .bind(ids)
            .fetch_all(connection)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Diary {
                    order_id: row.try_get::<Uuid, _>("order_id")?.into(),
                    states: row.try_get("states")?,
                })
            })
            .collect()
    }

    async fn insert(connection: &mut PgConnection, diaries: &[&Diary]) -> Result<u64, sqlx::Error> {
        let written = sqlx::query(
            "INSERT INTO diaries SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING",
        )
        .bind(ids(diaries))
        .bind(states(diaries))
        .execute(connection)
        .await?;
        Ok(written.rows_affected())
    }

    async fn update(connection: &mut PgConnection, diaries: &[&Diary]) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE diaries SET states = new.states \
             FROM unnest($1::uuid[], $2::text[]) AS new (order_id, states) WHERE diaries.order_id = new.order_id",
        )
        .bind(ids(diaries))
        .bind(states(diaries))
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Diary>, sqlx::Error> {
        let mut connection = pool.acquire().await?;
        Ok(Self::lock(&mut connection, &[order_id]).await?.pop())
    }
}

struct Notes;

impl Reaction for Notes {
    type Aggregate = Diary;

    fn concerns(&self, kind: &str) -> bool {
        kind.starts_with("fooddelivery.order.")
    }

    fn react(&self, present: Option<&Diary>, event: &Event, _now: DateTime<Utc>) -> Option<Change<Diary>> {
        let Event::Order(order) = event else {
            return None;
        };
        let before = present.map_or_else(String::new, |diary| format!("{} ", diary.states));
        let diary = Diary {
            order_id: order.order_id,
            states: format!("{before}{:?}", order.state),
        };
        Some(Change::announced(diary, event.clone()))
    }
}

fn incoming(order_id: OrderId, state: OrderState, version: u32) -> Incoming {
    let snapshot = OrderSnapshot {
        order_id,
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![],
        amount: 10_000,
        delivery_fee: 0,
        store_version: None,
        state,
        reason: None,
        version,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    };
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned();
    let envelope = Event::Order(snapshot)
        .into_cloud_event("order", Some(traceparent))
        .unwrap();
    Incoming::open(envelope).unwrap()
}

fn inbox(pool: &PgPool) -> PgInbox<Reacting<Diaries, Notes>> {
    PgInbox::new(
        pool.clone(),
        Outbox::new("diary", "diaries"),
        Reacting::new(Notes),
    )
}

async fn diary(pool: &PgPool, order_id: OrderId) -> String {
    Diaries::find(pool, order_id).await.unwrap().unwrap().states
}

async fn published(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("SELECT payload->>'type' FROM outbox ORDER BY seq")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn a_batch_takes_effect_in_order_and_each_event_once_however_often_it_comes() {
    let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
    let (first, second) = (OrderId::new(), OrderId::new());
    let placed = incoming(first, OrderState::Placed, 1);
    let other = incoming(second, OrderState::Placed, 1);
    let accepted = incoming(first, OrderState::Accepted, 2);
    let inbox = inbox(&pool);
    let batch = [placed.clone(), other, placed.clone(), accepted];
    assert_eq!(inbox.apply(&batch).await.unwrap(), 1, "one came twice");
    assert_eq!(inbox.apply(&batch).await.unwrap(), 4, "all of them came again");
    assert_eq!(diary(&pool, first).await, "Placed Accepted");
    assert_eq!(diary(&pool, second).await, "Placed");
    let cooking = incoming(first, OrderState::Cooking, 3);
    assert_eq!(inbox.apply(&[placed, cooking]).await.unwrap(), 1);
    assert_eq!(diary(&pool, first).await, "Placed Accepted Cooking");
    let kinds = ["placed", "placed", "accepted", "cooking"];
    assert_eq!(
        published(&pool).await,
        kinds.map(|kind| format!("fooddelivery.order.{kind}.v1"))
    );
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn what_an_event_causes_carries_its_trace() {
    let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
    inbox(&pool)
        .apply(&[incoming(OrderId::new(), OrderState::Placed, 1)])
        .await
        .unwrap();
    let traceparent: String = sqlx::query_scalar("SELECT payload->>'traceparent' FROM outbox")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(
        traceparent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"),
        "{traceparent}"
    );
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn replicas_that_get_the_same_events_at_once_bring_them_about_once() {
    let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
    let orders: Vec<OrderId> = (0..20).map(|_| OrderId::new()).collect();
    let events: Vec<Incoming> = orders
        .iter()
        .map(|order| incoming(*order, OrderState::Placed, 1))
        .collect();
    let mut replicas = tokio::task::JoinSet::new();
    for replica in 0..4 {
        let (inbox, mut events) = (inbox(&pool), events.clone());
        // Each replica starts at another event, as after a rebalance.
        events.rotate_left(replica * 5);
        replicas.spawn(async move { inbox.apply(&events).await.unwrap() });
    }
    let repeated: usize = replicas.join_all().await.into_iter().sum();
    assert_eq!(repeated, 3 * orders.len());
    for order in orders {
        assert_eq!(diary(&pool, order).await, "Placed");
    }
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn commands_that_come_at_once_are_decided_one_after_the_other() {
    let pool = fdp_test_database::migrated(&MIGRATIONS).await.unwrap();
    let outbox = Outbox::new("diary", "diaries");
    let ledger: Arc<dyn Ledger<Diary>> = Arc::new(PgLedger::<Diaries>::new(pool.clone(), outbox));
    let order_id = OrderId::new();
    let mut commands = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let ledger = ledger.clone();
        commands.spawn(async move {
            let decide = |present: Option<&Diary>| {
                let states = present.map_or_else(String::new, |diary| diary.states.clone());
                let diary = Diary {
                    order_id,
                    states: format!("{states}x"),
                };
                Some(Change {
                    aggregate: diary,
                    events: vec![],
                })
            };
            assert!(ledger.change(order_id, &decide).await.unwrap().changed);
        });
    }
    commands.join_all().await;
    assert_eq!(diary(&pool, order_id).await, "xxxxxxxx");
    let left = ledger.change(order_id, &|_| None).await.unwrap();
    assert!(!left.changed && left.aggregate.is_some());
}
