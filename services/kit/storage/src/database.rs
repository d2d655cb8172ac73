//! The service's own PostgreSQL database: connected when it can be reached, migrated once, watched.

use crate::migrations::migrations;
use fdp_runtime::Check;
use include_dir::include_dir;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection as _, Executor as _, PgPool, Postgres, Transaction};
use std::sync::LazyLock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The tables that this crate itself needs in every service's database.
static SHARED: LazyLock<Migrator> =
    LazyLock::new(|| migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));

/// How long an idle connection is taken to live without a ping.
const TRUSTED: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_millis(500);
/// Makes a migration give way when another transaction holds what it needs.
const WAIT_FOR_LOCK: &str = "SET lock_timeout = '2s'";
const PING: Duration = Duration::from_secs(3);

/// What keeps a pool from being made.
#[derive(Debug, thiserror::Error)]
#[error("reading DATABASE_URL (expected postgres://user:password@host:5432/database): {0}")]
pub struct DatabaseUrlError(#[source] sqlx::Error);

/// A pool that connects when it is first used.
///
/// # Errors
/// When `url` is not a PostgreSQL URL.
pub fn lazy_pool(url: &str, application: &str, max_connections: u32) -> Result<PgPool, DatabaseUrlError> {
    let options: PgConnectOptions = url.parse().map_err(DatabaseUrlError)?;
    Ok(PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(3))
        // A connection that was in use just now is taken to live: a ping costs as much as a statement.
        .test_before_acquire(false)
        .before_acquire(|connection, usage| {
            Box::pin(async move {
                if usage.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.application_name(application).disable_statement_logging()))
}

/// Begins a transaction.
///
/// Whoever waits for it may be given up at any moment (a customer hangs up, a deadline passes). sqlx's own `begin` would
/// then leave a connection in the pool in a transaction that nobody knows of, and what is next written over it would
/// never be committed. Here beginning goes on, and ends by rolling back.
///
/// # Errors
/// When the database cannot be reached.
pub async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    begin_with(pool, "BEGIN").await
}

/// The same with a `BEGIN` statement that says more.
#[expect(clippy::disallowed_methods, reason = "this is what is called instead")]
pub(crate) async fn begin_with(
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await });
    begun
        .await
        .unwrap_or_else(|error| Err(sqlx::Error::Io(error.into())))
}

/// Whether the database is only out of reach for now.
pub fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
            true
        }
        // Class 08 connection, 40 rolled back (deadlock, serialisation), 53 out of resources, 55P03 a lock that was
        // not to be had in time, 57 shutting down.
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            ["08", "40", "53", "55P03", "57"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}

/// The result of `work`, or an error that counts as passing when it takes longer than `limit`: a server whose machine is
/// gone does not answer at all.
pub(crate) async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(timed_out()))
}

/// The error for a server that does not answer.
pub(crate) fn timed_out() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

/// Migrates the database as soon as it can be reached, says so in `check`, and then watches it until stopped.
pub(crate) async fn migrate_and_watch(
    pool: PgPool,
    own: &'static Migrator,
    check: Check,
    stop: CancellationToken,
) {
    let watched = async {
        while let Err(error) = migrate(&pool, own).await {
            check.failing(&format!("migrating the database: {error}"));
            tokio::time::sleep(RETRY).await;
        }
        loop {
            match in_time(PING, sqlx::query("SELECT 1").execute(&pool)).await {
                Ok(_) => {
                    check.ready();
                    tokio::time::sleep(PING).await;
                }
                Err(error) => {
                    check.failing(&format!("asking the database: {error}"));
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    };
    stop.run_until_cancelled(watched).await;
}

/// Runs this crate's and the service's own migrations; sqlx holds a lock, so that one replica does it.
///
/// A migration that waits for a table keeps all who come after it waiting too: behind somebody's long read it gives way
/// after two seconds, and the caller tries again.
///
/// # Errors
/// When the database cannot be reached, refuses a migration, or is too busy for one now.
pub async fn migrate(pool: &PgPool, own: &Migrator) -> Result<(), MigrateError> {
    // A connection of its own: closing it gives back whatever a failed migration holds, sqlx's lock above all.
    let migrating = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(pool.options().get_acquire_timeout())
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(WAIT_FOR_LOCK).await.map(drop) })
        })
        .connect_lazy_with(pool.connect_options().as_ref().clone());
    let migrated = migrate_on(&migrating, own).await;
    migrating.close().await;
    migrated
}

async fn migrate_on(pool: &PgPool, own: &Migrator) -> Result<(), MigrateError> {
    // Both sets of migrations share one table, so that each has to overlook the other's.
    for migrator in [&*SHARED, own] {
        let mut migrator = Migrator {
            migrations: migrator.migrations.clone(),
            ..Migrator::DEFAULT
        };
        migrator.set_ignore_missing(true);
        migrator.run(pool).await?;
    }
    Ok(())
}
