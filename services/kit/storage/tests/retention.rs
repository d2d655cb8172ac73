//! Old rows leave a real PostgreSQL in batches, and nobody who writes beside that waits for it.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use chrono::{TimeDelta, Utc};
use fdp_catalogue::retention::{INBOX, NOTIFICATIONS, RetentionDays};
use fdp_contracts::OrderId;
use fdp_storage::retention::{self, Kept, PgRows, Retained as _, Rows};
use fdp_storage::rows_of_orders;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;

const DAY: Duration = Duration::from_hours(24);

/// A table like those of services.
const ENTRIES: Rows = rows_of_orders!("entries", "AND NOT under_way");

async fn database() -> PgPool {
    let pool = fdp_test_database::migrated(&NO_MIGRATIONS).await.unwrap();
    let made = "CREATE TABLE entries (order_id TEXT, entry BIGINT GENERATED ALWAYS AS IDENTITY, \
                under_way BOOLEAN NOT NULL DEFAULT false, words TEXT NOT NULL DEFAULT 'x', PRIMARY KEY (order_id, entry))";
    sqlx::query(made).execute(&pool).await.unwrap();
    pool
}

fn entries(pool: &PgPool) -> PgRows {
    PgRows {
        pool: pool.clone(),
        rows: ENTRIES,
    }
}

/// The id of something made so long ago.
fn made(age: TimeDelta) -> Uuid {
    let milliseconds = u128::try_from((Utc::now() - age).timestamp_millis()).unwrap();
    Uuid::from_u128((milliseconds << 80) | rand::random::<u128>() >> 48)
}

async fn add(pool: &PgPool, age: TimeDelta, under_way: bool) -> String {
    let order_id = OrderId::from(made(age)).to_string();
    sqlx::query("INSERT INTO entries (order_id, under_way) VALUES ($1, $2)")
        .bind(&order_id)
        .bind(under_way)
        .execute(pool)
        .await
        .unwrap();
    order_id
}

async fn kept(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("SELECT order_id FROM entries ORDER BY order_id")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn rows_of_old_orders_are_removed_the_oldest_first_and_others_stay() {
    let pool = database().await;
    let rows = entries(&pool);
    assert_eq!(rows.oldest().await.unwrap(), None);
    let mut ids = Vec::new();
    for hours in [100, 80, 60, 49, 47, 1] {
        ids.push(add(&pool, TimeDelta::hours(hours), false).await);
    }
    let under_way = add(&pool, TimeDelta::hours(200), true).await;
    let oldest = rows.oldest().await.unwrap().unwrap();
    assert!(
        (199..=200).contains(&(oldest.as_secs().div_ceil(3_600))),
        "{oldest:?}"
    );
    assert_eq!(rows.remove(DAY * 2, 3).await.unwrap(), 3);
    assert_eq!(kept(&pool).await[1..], ids[3..]);
    assert_eq!(rows.remove(DAY * 2, 3).await.unwrap(), 1);
    assert_eq!(rows.remove(DAY * 2, 3).await.unwrap(), 0);
    assert_eq!(kept(&pool).await, [&[under_way][..], &ids[4..]].concat());
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn rows_that_somebody_has_locked_are_left_to_the_next_round() {
    let pool = database().await;
    let old = add(&pool, TimeDelta::hours(100), false).await;
    add(&pool, TimeDelta::hours(90), false).await;
    let mut other = fdp_storage::database::begin(&pool).await.unwrap();
    sqlx::query("UPDATE entries SET words = 'y' WHERE order_id = $1")
        .bind(&old)
        .execute(&mut *other)
        .await
        .unwrap();
    assert_eq!(entries(&pool).remove(DAY, 10).await.unwrap(), 1);
    other.commit().await.unwrap();
    assert_eq!(kept(&pool).await, [old]);
    assert_eq!(entries(&pool).remove(DAY, 10).await.unwrap(), 1);
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn the_inbox_forgets_events_that_kafka_has_forgotten_and_keeps_the_others() {
    let pool = database().await;
    let (old, recent) = (made(TimeDelta::days(15)), made(TimeDelta::days(13)));
    let replayed = made(TimeDelta::days(15));
    for (event_id, handled) in [(old, 15), (recent, 13), (replayed, 1)] {
        sqlx::query("INSERT INTO inbox (event_id, handled_at) VALUES ($1, $2)")
            .bind(event_id)
            .bind(Utc::now() - TimeDelta::days(handled))
            .execute(&pool)
            .await
            .unwrap();
    }
    let rows = Arc::new(PgRows {
        pool: pool.clone(),
        rows: retention::INBOX,
    });
    let inbox = Kept::new(&INBOX, &RetentionDays::default(), rows.clone());
    assert_eq!(inbox.remove_old().await.unwrap(), 1);
    assert!(rows.oldest().await.unwrap().is_some());
    let mut kept: Vec<Uuid> = sqlx::query_scalar("SELECT event_id FROM inbox")
        .fetch_all(&pool)
        .await
        .unwrap();
    kept.sort_unstable();
    let mut expected = [replayed, recent];
    expected.sort_unstable();
    assert_eq!(
        kept, expected,
        "a dead letter that was just replayed can come again"
    );
}

/// Inserts one row after the other, and returns how long each took, until `while_running` has ended.
async fn insert_beside(pool: &PgPool, while_running: impl Future<Output = ()>) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut work = std::pin::pin!(while_running);
    loop {
        let began = Instant::now();
        let insert = add(pool, TimeDelta::zero(), false);
        tokio::select! {
            biased;
            () = &mut work => return times,
            _ = insert => times.push(began.elapsed()),
        }
    }
}

/// `None` if nothing was measured.
fn percentile(times: &mut [Duration], percent: usize) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len().saturating_sub(1) * percent / 100).copied()
}

/// Prints how long a batch takes, and inserts beside it, at full speed and with the pauses of the task. With
/// `FDP_TEST_OLD_ROWS=1000000` it is a measurement, which takes a minute and a half.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a PostgreSQL server"]
async fn all_old_rows_leave_beside_those_who_write() {
    let old_rows: i32 = std::env::var("FDP_TEST_OLD_ROWS").map_or(10_000, |rows| rows.parse().unwrap());
    let half = old_rows / 2;
    let pool = database().await;
    let old = "INSERT INTO entries (order_id, words) SELECT 'ord_' || lpad(to_hex((extract(epoch FROM now() \
               - interval '100 days') * 1000)::bigint + number), 12, '0') || substr(md5(number::text), 1, 20), \
               repeat('x', 100) FROM generate_series(1, $1) AS number";
    sqlx::query(old).bind(old_rows).execute(&pool).await.unwrap();
    let quiet = tokio::time::sleep(Duration::from_micros(10 * u64::from(old_rows.unsigned_abs())));
    let mut alone = insert_beside(&pool, quiet).await;

    let rows = entries(&pool);
    let mut batches = Vec::new();
    let at_full_speed = async {
        for _ in 0..half / 1_000 {
            let began = Instant::now();
            assert_eq!(rows.remove(DAY * 90, 1_000).await.unwrap(), 1_000);
            batches.push(began.elapsed());
        }
    };
    let mut beside = insert_beside(&pool, at_full_speed).await;

    let kept = Kept::new(&NOTIFICATIONS, &RetentionDays::default(), Arc::new(rows));
    let began = Instant::now();
    let as_the_task_does = async {
        assert_eq!(kept.remove_old().await.unwrap(), u64::try_from(half).unwrap());
    };
    let mut beside_the_task = insert_beside(&pool, as_the_task_does).await;
    println!(
        "a batch: p50 {:?}, p99 {:?}, longest {:?}; the task: {half} rows in {:?}; inserts p99: {:?} alone, {:?} beside \
         the task, {:?} beside batches without pauses",
        percentile(&mut batches, 50),
        percentile(&mut batches, 99),
        percentile(&mut batches, 100),
        began.elapsed(),
        percentile(&mut alone, 99),
        percentile(&mut beside_the_task, 99),
        percentile(&mut beside, 99),
    );
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM entries WHERE words <> 'x'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
}
