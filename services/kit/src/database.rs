//! The service's own PostgreSQL database: connected patiently, migrated once, watched.

use crate::Check;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection as _, PgPool};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The tables that the kit itself needs in every service's database.
static KIT: Migrator = sqlx::migrate!("./migrations");

/// How long an idle connection is taken to live without asking it.
const TRUSTED: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_millis(500);
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
        // A connection that was in use just now is taken to live: asking it costs as much as a statement.
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

/// Whether the database is only out of reach for now.
pub fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
            true
        }
        // Class 08 connection, 40 rolled back (deadlock, serialisation), 53 out of resources, 57 shutting down.
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            ["08", "40", "53", "57"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}

/// What `work` gives, or an error that counts as passing when it takes longer than `limit`: a server whose
/// machine is gone says nothing at all.
pub(crate) async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
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
    tokio::select! {
        () = watched => {}
        () = stop.cancelled() => {}
    }
}

/// Runs the kit's and the service's own migrations; sqlx holds a lock, so that one replica does it.
///
/// # Errors
/// When the database cannot be reached or refuses a migration.
pub async fn migrate(pool: &PgPool, own: &Migrator) -> Result<(), sqlx::migrate::MigrateError> {
    // Both sets of migrations share one table, so that each has to overlook the other's.
    for migrator in [&KIT, own] {
        let mut migrator = Migrator {
            migrations: migrator.migrations.clone(),
            ..Migrator::DEFAULT
        };
        migrator.set_ignore_missing(true);
        migrator.run(pool).await?;
    }
    Ok(())
}
