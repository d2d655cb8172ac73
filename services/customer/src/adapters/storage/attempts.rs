//! Attempts to send messages, each recorded in PostgreSQL before it is made.

use super::rows::{columns, contact, notification};
use crate::application::ports::AttemptRepository;
use crate::domain::{Attempt, AttemptOutcome, SendState};
use async_trait::async_trait;
use fdp_storage::RepositoryError;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use std::time::Duration;

const BEGIN: &str = concat!(
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
);

const FINISH: &str = "\
    UPDATE notifications SET sending = $4, reason = $5, \
    next_attempt_at = now() + make_interval(secs => $6) \
    WHERE order_id = $1 AND version = $2 AND attempt_id = $3 \
    AND (sending = 'Sending' OR sending = 'Unknown' AND $4 <> 'Pending')";

const EXPIRE_LOST: &str = "\
    UPDATE notifications SET sending = 'Unknown', \
    reason = 'the sender ended before it knew whether the message was sent' \
    WHERE sending = 'Sending' AND attempted_at < now() - make_interval(secs => $1)";

const OLDEST_PENDING_AGE: &str = "\
    SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM notifications \
    WHERE sending IN ('Pending', 'Sending')";

/// Attempts in PostgreSQL.
#[derive(Debug, Clone)]
pub struct PgAttempts(pub PgPool);

#[async_trait]
impl AttemptRepository for PgAttempts {
    async fn begin(&self, limit: usize) -> Result<Vec<Attempt>, RepositoryError> {
        let attempts = sqlx::query(BEGIN)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .try_map(|row| attempt(&row))
            .fetch_all(&self.0)
            .await?;
        Ok(attempts)
    }

    async fn finish(&self, attempt: &Attempt, outcome: &AttemptOutcome) -> Result<(), RepositoryError> {
        let (sending, reason, pause) = match outcome {
            AttemptOutcome::Sent => (SendState::Sent, None, Duration::ZERO),
            AttemptOutcome::Local => (SendState::Local, None, Duration::ZERO),
            AttemptOutcome::Failed(reason) => (SendState::Failed, Some(reason), Duration::ZERO),
            AttemptOutcome::Unknown(reason) => (SendState::Unknown, Some(reason), Duration::ZERO),
            AttemptOutcome::Retry { after, reason } => (SendState::Pending, Some(reason), *after),
        };
        sqlx::query(FINISH)
            .bind(attempt.notification.order_id.to_string())
            .bind(i64::from(attempt.notification.version))
            .bind(attempt.id)
            .bind(sending.name())
            .bind(reason)
            .bind(pause.as_secs_f64())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    async fn expire_lost(&self, lease: Duration) -> Result<u64, RepositoryError> {
        let lost = sqlx::query(EXPIRE_LOST)
            .bind(lease.as_secs_f64())
            .execute(&self.0)
            .await?;
        Ok(lost.rows_affected())
    }

    async fn oldest_pending_age(&self) -> Result<Duration, RepositoryError> {
        let seconds: f64 = sqlx::query_scalar(OLDEST_PENDING_AGE).fetch_one(&self.0).await?;
        Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }
}

fn attempt(row: &PgRow) -> Result<Attempt, sqlx::Error> {
    Ok(Attempt {
        id: row.try_get("attempt_id")?,
        notification: notification(row)?,
        contact: contact(row)?,
    })
}
