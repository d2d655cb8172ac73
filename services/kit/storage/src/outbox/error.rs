//! Errors of the outbox.

use fdp_messaging::publisher::PublishError;

/// An error of the outbox.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The database reported an error.
    #[error("{doing}: {source}")]
    Database {
        /// The operation that failed.
        doing: &'static str,
        /// The database's error.
        source: sqlx::Error,
    },
    /// The event could not be serialised as JSON.
    #[error("writing an event as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// The event is longer than Kafka accepts.
    #[error(
        "an event of the type {kind} about {subject} is {bytes} bytes long, and at most {most} can be published"
    )]
    TooLong {
        /// The `CloudEvents` type.
        kind: String,
        /// The subject of the event.
        subject: String,
        /// Its length in bytes.
        bytes: usize,
        /// The maximum in bytes.
        most: usize,
    },
    /// A service without a topic tried to publish.
    #[error("the service {0} only listens, so it has no topic to publish to")]
    OnlyListens(&'static str),
    /// An event was not published.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl OutboxError {
    /// For `map_err`: wraps the database's error during the operation `doing`.
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
