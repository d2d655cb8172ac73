//! Attempts to send messages, each on record in PostgreSQL before it is made.

use super::{contacts, notification};
use crate::domain::{Contact, Next, Notification, SendState};
use sqlx::{PgPool, Row};
use std::time::Duration;
use uuid::Uuid;

/// A message whose sending has begun, and that nobody else sends.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Tells this attempt from every other.
    pub(crate) id: Uuid,
    /// The message.
    pub(crate) notification: Notification,
    /// Where it goes; `None` when that was forgotten meanwhile.
    pub(crate) contact: Option<Contact>,
}

/// Begins to send up to `limit` messages that are due. Replicas share them. A message waits until those about
/// earlier changes of its order have ended one way or the other.
pub(crate) async fn begin(pool: &PgPool, limit: usize) -> Result<Vec<Attempt>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "WITH due AS ( \
             SELECT n.order_id, n.version, c.kakao_uuid, c.language FROM notifications n \
             LEFT JOIN contacts c ON c.customer_id = n.customer_id \
             WHERE n.sending = 'Pending' AND n.next_attempt_at <= now() AND NOT EXISTS ( \
                 SELECT 1 FROM notifications earlier WHERE earlier.order_id = n.order_id \
                 AND earlier.version < n.version AND earlier.sending IN ('Pending', 'Sending')) \
             ORDER BY n.next_attempt_at, n.order_id LIMIT $1 FOR UPDATE OF n SKIP LOCKED) \
         UPDATE notifications n SET sending = 'Sending', attempts = n.attempts + 1, \
         attempt_id = gen_random_uuid(), attempted_at = now() FROM due \
         WHERE n.order_id = due.order_id AND n.version = due.version \
         RETURNING ",
        columns!(),
        ", n.attempt_id, due.kakao_uuid, due.language",
    ))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Attempt {
                id: row.try_get("attempt_id")?,
                notification: notification(row)?,
                contact: contacts::contact(row)?,
            })
        })
        .collect()
}

/// Writes down how an attempt ended, if it has not been overtaken. What it says of a message that has been called
/// unknown meanwhile (because its answer was so long in coming) still counts, except that it be tried again.
pub(crate) async fn end(pool: &PgPool, attempt: &Attempt, next: &Next) -> Result<(), sqlx::Error> {
    let (sending, reason, pause) = match next {
        Next::Sent => (SendState::Sent, None, Duration::ZERO),
        Next::Local => (SendState::Local, None, Duration::ZERO),
        Next::Failed(reason) => (SendState::Failed, Some(reason), Duration::ZERO),
        Next::Unknown(reason) => (SendState::Unknown, Some(reason), Duration::ZERO),
        Next::Again { after, reason } => (SendState::Pending, Some(reason), *after),
    };
    sqlx::query(
        "UPDATE notifications SET sending = $4, reason = $5, \
         next_attempt_at = now() + make_interval(secs => $6) \
         WHERE order_id = $1 AND version = $2 AND attempt_id = $3 \
         AND (sending = 'Sending' OR sending = 'Unknown' AND $4 <> 'Pending')",
    )
    .bind(attempt.notification.order_id.to_string())
    .bind(i64::from(attempt.notification.version))
    .bind(attempt.id)
    .bind(sending.name())
    .bind(reason)
    .bind(pause.as_secs_f64())
    .execute(pool)
    .await
    .map(|_| ())
}

/// Calls unknown what was begun longer than `lease` ago and has not ended: whoever began it is gone. Gives how many
/// there were.
pub(crate) async fn give_up_lost(pool: &PgPool, lease: Duration) -> Result<u64, sqlx::Error> {
    sqlx::query(
        "UPDATE notifications SET sending = 'Unknown', \
         reason = 'the sender ended before it knew whether the message was sent' \
         WHERE sending = 'Sending' AND attempted_at < now() - make_interval(secs => $1)",
    )
    .bind(lease.as_secs_f64())
    .execute(pool)
    .await
    .map(|done| done.rows_affected())
}

/// How old the oldest message is that is still to be sent; zero when there is none.
pub(crate) async fn oldest_under_way(pool: &PgPool) -> Result<Duration, sqlx::Error> {
    let seconds: f64 = sqlx::query_scalar(
        "SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM notifications \
         WHERE sending IN ('Pending', 'Sending')",
    )
    .fetch_one(pool)
    .await?;
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
