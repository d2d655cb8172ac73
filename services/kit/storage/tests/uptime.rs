//! The clock of how long a service has been up, on a real PostgreSQL.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use fdp_storage::{database, uptime};
use sqlx::PgPool;
use sqlx::migrate::Migrator;

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;

/// What a tick may count beyond the given gap, on a busy machine.
const SLACK_MS: i64 = 1_500;

async fn database() -> PgPool {
    fdp_test_database::migrated(&NO_MIGRATIONS).await.unwrap()
}

/// Makes the last tick one that was so many milliseconds ago.
async fn last_tick_was(pool: &PgPool, milliseconds: i64) {
    sqlx::query("UPDATE uptime SET seen_at = clock_timestamp() - $1 * interval '1 millisecond'")
        .bind(milliseconds)
        .execute(pool)
        .await
        .unwrap();
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn the_time_since_the_last_tick_is_added_once_a_second() {
    let pool = database().await;
    assert_eq!(uptime::now(&pool).await.unwrap(), 0);
    last_tick_was(&pool, 2_000).await;
    assert!(uptime::tick(&pool).await.unwrap());
    let passed = uptime::now(&pool).await.unwrap();
    assert!((2_000..2_000 + SLACK_MS).contains(&passed), "{passed}");
    last_tick_was(&pool, 10).await;
    assert!(!uptime::tick(&pool).await.unwrap(), "too soon");
    assert_eq!(uptime::now(&pool).await.unwrap(), passed);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a PostgreSQL server"]
async fn ten_replicas_that_tick_at_once_count_once() {
    let pool = database().await;
    last_tick_was(&pool, 3_000).await;
    // All ten wait for the row, so that each has to look at it again.
    let mut held = database::begin(&pool).await.unwrap();
    sqlx::query("SELECT 1 FROM uptime FOR UPDATE")
        .execute(&mut *held)
        .await
        .unwrap();
    let ticks: Vec<_> = (0..10)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { uptime::tick(&pool).await.unwrap() })
        })
        .collect();
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting)
        .fetch_one(&pool)
        .await
        .unwrap()
        < 10
    {
        tokio::task::yield_now().await;
    }
    held.commit().await.unwrap();
    let mut counted = 0;
    for tick in ticks {
        counted += usize::from(tick.await.unwrap());
    }
    assert_eq!(counted, 1);
    let passed = uptime::now(&pool).await.unwrap();
    assert!((3_000..=5_000).contains(&passed), "{passed}");
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn an_hour_without_replicas_counts_as_five_seconds_at_most() {
    let pool = database().await;
    last_tick_was(&pool, 3_600_000).await;
    assert!(uptime::tick(&pool).await.unwrap());
    assert_eq!(uptime::now(&pool).await.unwrap(), 5_000);
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn a_server_whose_clock_was_ahead_leaves_a_clock_that_goes_on() {
    let pool = database().await;
    last_tick_was(&pool, -3_600_000).await;
    assert!(uptime::tick(&pool).await.unwrap());
    assert_eq!(uptime::now(&pool).await.unwrap(), 0, "it never goes back");
    last_tick_was(&pool, 1_000).await;
    assert!(uptime::tick(&pool).await.unwrap());
    assert!(uptime::now(&pool).await.unwrap() >= 1_000);
}

#[tokio::test]
#[ignore = "starts a PostgreSQL server"]
async fn a_new_row_waits_from_the_reading_of_the_clock() {
    let pool = database().await;
    last_tick_was(&pool, 3_600_000).await;
    for statement in [
        "CREATE TABLE waiting (name TEXT)",
        "INSERT INTO waiting VALUES ('old')",
        "ALTER TABLE waiting ADD COLUMN since BIGINT NOT NULL DEFAULT uptime_now()",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    uptime::tick(&pool).await.unwrap();
    sqlx::query("INSERT INTO waiting (name) VALUES ('new')")
        .execute(&pool)
        .await
        .unwrap();
    let since: Vec<i64> = sqlx::query_scalar("SELECT since FROM waiting ORDER BY since")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(since, [0, 5_000]);
}
