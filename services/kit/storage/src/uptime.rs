//! A durable clock of how long a service has been up: it stands still while no replica runs, so that a deadline does not
//! pass while nobody could have kept it.
//!
//! The clock is one row of the service's database, shared by all replicas. A row that waits for somebody stores the
//! reading of [`now`] at which it began to wait (in SQL, `uptime_now()`, which may be the default of a column); it is due
//! when the clock has grown by its limit. Restarts, upgrades and the clocks of machines do not matter: only the database's
//! clock is read, and a jump of it counts like a time without replicas.
//!
//! Every replica calls [`tick`] about once a second, from the task that keeps its deadlines: a service that is up but whose
//! task does not run misses no deadline either.

use sqlx::{PgExecutor, PgPool};

/// The longest time, in milliseconds, that one tick adds. After a longer gap no replica was there to tick, or none could
/// reach the database; a replica that is killed and replaced leaves a gap of about as much.
const MOST_PER_TICK_MS: i64 = 5_000;

/// The shortest time between two ticks that count, in milliseconds.
const BETWEEN_TICKS_MS: i64 = 1_000;

/// Adds the time since the last tick of any replica, but at most five seconds; does nothing if that tick was less than a
/// second ago, so that the clock runs as fast for many replicas as for one. Returns whether this tick counted.
///
/// # Errors
/// When the database fails, or is not migrated yet; the clock may stand still then.
pub async fn tick(pool: &PgPool) -> Result<bool, sqlx::Error> {
    // Concurrent ticks wait for the row, and then PostgreSQL looks at the condition again. A tick from the future is left by
    // a server whose clock was ahead: the clock goes on from now, instead of standing still until then.
    let counted = sqlx::query(
        "UPDATE uptime SET passed_ms = passed_ms + \
         greatest(0, least($1, round(extract(epoch FROM clock_timestamp() - seen_at) * 1000)::bigint)), \
         seen_at = clock_timestamp() \
         WHERE seen_at NOT BETWEEN clock_timestamp() - $2 * interval '1 millisecond' AND clock_timestamp()",
    )
    .bind(MOST_PER_TICK_MS)
    .bind(BETWEEN_TICKS_MS)
    .execute(pool)
    .await?;
    Ok(counted.rows_affected() > 0)
}

/// For how many milliseconds the service has been up so far; never less than before. In a transaction, the reading that
/// belongs to its other statements.
///
/// # Errors
/// When the database fails, or is not migrated yet.
pub async fn now<'c>(executor: impl PgExecutor<'c>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT passed_ms FROM uptime")
        .fetch_one(executor)
        .await
}
