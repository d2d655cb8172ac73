//! What can go wrong with the outbox.

use fdp_messaging::publisher::PublishError;

/// What went wrong with the outbox.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The database said no.
    #[error("{doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        source: sqlx::Error,
    },
    /// The event has no JSON form.
    #[error("writing an event as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// The event is longer than Kafka takes.
    #[error(
        "an event of the type {kind} about {subject} is {bytes} bytes long, and at most {most} can be published"
    )]
    TooLong {
        /// The `CloudEvents` type.
        kind: String,
        /// What it is about.
        subject: String,
        /// Its length.
        bytes: usize,
        /// The most that Kafka takes.
        most: usize,
    },
    /// A service that publishes nothing wants to.
    #[error("the service {0} only listens, so it has no topic to publish to")]
    OnlyListens(&'static str),
    /// An event was not published.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl OutboxError {
    /// For `map_err`: the database's error while `doing`.
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { doing, source }
    }
}

impl From<OutboxError> for sqlx::Error {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Database { source, .. } => source,
            OutboxError::Encode(_) | OutboxError::TooLong { .. } => Self::Encode(error.into()),
            other => Self::Protocol(other.to_string()),
        }
    }
}
