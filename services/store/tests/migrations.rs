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

/// The first migration.
fn first() -> Migrator {
    let first: Vec<Migration> = MIGRATIONS.iter().take(1).cloned().collect();
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
    let pool = fdp_test_database::migrated(&first()).await.unwrap();
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
