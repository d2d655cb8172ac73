//! The service's own PostgreSQL database: connects when it is reachable, runs the migrations, and monitors it.

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

/// How long after its last use an idle connection is assumed to be alive, without a ping.
const TRUSTED: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_millis(500);
/// Makes a migration fail soon when another transaction holds a lock that it needs.
const WAIT_FOR_LOCK: &str = "SET lock_timeout = '2s'";
const PING: Duration = Duration::from_secs(3);

/// Why a pool could not be created.
#[derive(Debug, thiserror::Error)]
#[error("reading DATABASE_URL (expected postgres://user:password@host:5432/database): {0}")]
pub struct DatabaseUrlError(#[source] sqlx::Error);

/// A pool that connects on first use.
///
/// # Errors
/// When `url` is not a PostgreSQL URL.
pub fn lazy_pool(url: &str, application: &str, max_connections: u32) -> Result<PgPool, DatabaseUrlError> {
    let options: PgConnectOptions = url.parse().map_err(DatabaseUrlError)?;
    Ok(PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(3))
        // A connection that was used just now is assumed to be alive: a ping costs as much as a statement.
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
/// The caller may be cancelled at any moment (a client disconnects, a deadline passes). sqlx's own `begin` could then
/// return a connection to the pool with an open transaction that no code knows of, and later writes over it would never
/// be committed. Here the `BEGIN` completes even after a cancellation, and is rolled back.
///
/// # Errors
/// When the database cannot be reached.
pub async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    begin_with(pool, "BEGIN").await
}

/// The same with a custom `BEGIN` statement.
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

/// Whether the error is transient: the database is temporarily unavailable.
pub fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
            true
        }
        // Class 08 connection, 40 rolled back (deadlock, serialisation), 53 out of resources, 55P03 lock timeout, 57
        // shutting down.
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            ["08", "40", "53", "55P03", "57"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}

/// The result of `work`, or a transient error when it takes longer than `limit`: if the server's machine is down, no
/// answer ever arrives.
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

/// Migrates the database as soon as it is reachable, reports that to `check`, and then monitors it until stopped.
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

/// Runs this crate's and the service's own migrations; sqlx takes a lock, so that only one replica runs them.
///
/// A migration that waits for a table lock also blocks all later statements on that table: if another transaction holds
/// the lock, the migration fails after two seconds, and the caller retries.
///
/// # Errors
/// When the database cannot be reached, refuses a migration, or is too busy for one at the moment.
pub async fn migrate(pool: &PgPool, own: &Migrator) -> Result<(), MigrateError> {
    // A separate connection: closing it releases whatever a failed migration holds, especially sqlx's lock.
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
    // Both sets of migrations share one table, so each has to ignore the other's entries.
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
