//! Tests migrations while the service is in use: if a long transaction holds a lock, they fail after a timeout and
//! block nothing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fdp_storage::database;
use sqlx::PgPool;
use sqlx::migrate::{Migration, Migrator};
use std::borrow::Cow;
use std::time::Duration;
use store::adapters::storage::MIGRATIONS;

/// Longer than the lock timeout of a migration.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The first so many migrations.
fn first(many: usize) -> Migrator {
    let first: Vec<Migration> = MIGRATIONS.iter().take(many).cloned().collect();
    Migrator {
        migrations: Cow::Owned(first),
        ..Migrator::DEFAULT
    }
}

async fn tickets(pool: &PgPool) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM tickets").fetch_one(pool);
    tokio::time::timeout(TIMEOUT, count).await.unwrap().unwrap()
}

#[test]
fn no_migration_locks_a_table_while_it_builds_an_index() {
    for migration in MIGRATIONS.iter() {
        let sql = migration.sql.as_str();
        assert!(
            !(sql.contains("ALTER TABLE") && sql.contains("CREATE INDEX")),
            "{} locks a table and then builds an index in the same transaction",
            migration.description
        );
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_migration_behind_a_long_read_gives_way_and_succeeds_later() {
    let pool = fdp_test_database::migrated(&first(1)).await.unwrap();
    let mut long_read = database::begin(&pool).await.unwrap();
    sqlx::query("SELECT count(*) FROM tickets")
        .execute(&mut *long_read)
        .await
        .unwrap();
    for _ in 0..2 {
        let migrating = tokio::time::timeout(TIMEOUT, database::migrate(&pool, &MIGRATIONS));
        let error = migrating.await.unwrap().unwrap_err();
        assert!(error.to_string().contains("lock timeout"), "{error}");
        assert_eq!(tickets(&pool).await, 0);
    }
    long_read.rollback().await.unwrap();
    database::migrate(&pool, &MIGRATIONS).await.unwrap();
    let lock_timeout: String = sqlx::query_scalar("SHOW lock_timeout")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(lock_timeout, "0", "the service itself has no lock timeout");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn tickets_that_are_there_already_begin_to_wait_at_the_upgrade() {
    let pool = fdp_test_database::migrated(&first(5)).await.unwrap();
    for statement in [
        "INSERT INTO tickets (order_id, store_id, customer_id, lines, amount, state, placed_at, changed_at) \
         VALUES ('ord_1', '1', '100', '[]', 1, 'Received', '2020-01-01Z', '2020-01-01Z')",
        "UPDATE uptime SET passed_ms = 7000",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    database::migrate(&pool, &MIGRATIONS).await.unwrap();
    let accept_by: i64 = sqlx::query_scalar("SELECT accept_by FROM tickets")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(accept_by, 7_000 + 15 * 60_000);
}
