//! Transactions whose caller is cancelled, on a real PostgreSQL.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use fdp_storage::database;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;
const TEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Begins a transaction, and cancels that after `waits` pending polls; returns whether it had begun by then.
async fn begun_within(pool: &PgPool, waits: usize) -> bool {
    let mut begun = pin!(database::begin(pool));
    let mut waited = 0;
    poll_fn(|context| match begun.as_mut().poll(context) {
        Poll::Ready(begun) => Poll::Ready(begun.is_ok()),
        Poll::Pending if waited == waits => Poll::Ready(false),
        Poll::Pending => {
            waited += 1;
            Poll::Pending
        }
    })
    .await
}

/// How many other connections have a transaction open.
async fn open_transactions(pool: &PgPool) -> i64 {
    let others = "SELECT count(*) FROM pg_stat_activity \
                  WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    sqlx::query_scalar(others).fetch_one(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a PostgreSQL server"]
async fn whoever_gives_up_while_beginning_leaves_no_transaction_open() {
    let pool = fdp_test_database::migrated(&NO_MIGRATIONS).await.unwrap();
    let mut waits = 0;
    while !begun_within(&pool, waits).await {
        waits += 1;
    }
    assert!(waits > 0, "nothing was given up");
    let give_up = Instant::now() + TEST_TIMEOUT;
    while open_transactions(&pool).await > 0 {
        assert!(Instant::now() < give_up, "a transaction stays open");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
