//! Old rows in PostgreSQL.

use super::retained::{Retained, RetentionError};
use crate::database::in_time;
use async_trait::async_trait;
use sqlx::PgPool;
use std::time::Duration;

/// The timeout for one statement; after that the database's machine is considered down.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The statements for the rows of one table. Both have to follow an index.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    /// Deletes at most `$2` rows that are older than `$1` seconds and that no other transaction has locked.
    pub remove: &'static str,
    /// The age of the oldest row, in seconds.
    pub oldest: &'static str,
}

/// The [`Rows`] of a table whose primary key begins with an order's id as text, for all rows of orders that are old enough. The id
/// begins with the time at which the order was placed (`UUIDv7`, RFC 9562), so that the primary key is all that is needed. A
/// second argument restricts which rows are removed: `"AND …"`.
#[macro_export]
macro_rules! rows_of_orders {
    ($table:literal) => {
        $crate::rows_of_orders!($table, "")
    };
    ($table:literal, $and:literal) => {
        $crate::retention::Rows {
            remove: concat!(
                "DELETE FROM ", $table, " WHERE ctid = ANY (ARRAY (SELECT ctid FROM ", $table,
                " WHERE order_id < 'ord_' || lpad(to_hex((extract(epoch FROM now() - make_interval(secs => $1)) * 1000)\
                 ::bigint), 12, '0') ",
                $and,
                " ORDER BY order_id LIMIT $2 FOR UPDATE SKIP LOCKED))"
            ),
            oldest: concat!(
                "SELECT (extract(epoch FROM now()) \
                 - ('x' || lpad(substr(order_id, 5, 12), 16, '0'))::bit(64)::bigint / 1000.0)::float8 FROM ",
                $table,
                " ORDER BY order_id LIMIT 1"
            ),
        }
    };
}
pub use rows_of_orders;

/// The ids of events that were created and handled long ago. An id (`UUIDv7`) starts with the creation time, so that the primary
/// key can be used. The time of handling counts too: a dead letter may be replayed long after its event was created, and can
/// still be redelivered.
pub const INBOX: Rows = Rows {
    remove: "DELETE FROM inbox WHERE event_id = ANY (ARRAY (SELECT event_id FROM inbox \
             WHERE event_id < (lpad(to_hex((extract(epoch FROM now() - make_interval(secs => $1)) * 1000)::bigint), 12, '0') \
             || repeat('0', 20))::uuid AND handled_at < now() - make_interval(secs => $1) \
             ORDER BY event_id LIMIT $2 FOR UPDATE SKIP LOCKED))",
    oldest: "SELECT extract(epoch FROM now() - handled_at)::float8 FROM inbox ORDER BY event_id LIMIT 1",
};

/// The rows of one table in the database of a pool.
#[derive(Debug, Clone)]
pub struct PgRows {
    /// The database.
    pub pool: PgPool,
    /// The statements.
    pub rows: Rows,
}

#[async_trait]
impl Retained for PgRows {
    async fn remove(&self, age: Duration, most: u32) -> Result<u64, RetentionError> {
        let remove = sqlx::query(self.rows.remove)
            .bind(age.as_secs_f64())
            .bind(i64::from(most));
        let removed = in_time(TIMEOUT, remove.execute(&self.pool)).await?;
        Ok(removed.rows_affected())
    }

    async fn oldest(&self) -> Result<Option<Duration>, RetentionError> {
        let oldest = sqlx::query_scalar(self.rows.oldest);
        let seconds: Option<f64> = in_time(TIMEOUT, oldest.fetch_optional(&self.pool)).await?;
        // Clocks are sometimes set back: a negative age counts as zero.
        Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()))
    }
}
