//! The port through which a consumer applies events, independent of where the service's data is stored.

use crate::incoming::Incoming;
use async_trait::async_trait;

/// Why events could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// They can never be applied: if it is a single message, it goes to the dead letters.
    #[error("{0}")]
    Permanent(String),
    /// A transient failure: they are retried.
    #[error(transparent)]
    Transient(Box<dyn std::error::Error + Send + Sync>),
}

/// Applies events to the service's data, wherever that is stored.
#[async_trait]
pub trait Effects: Send + Sync + 'static {
    /// Whether events of this `CloudEvents` type have any effect here; others need no transaction.
    fn concerns(&self, kind: &str) -> bool;

    /// Applies `events` in their order, each event id once even if it is delivered several times; durable when this
    /// returns. Returns how many were duplicates.
    ///
    /// # Errors
    /// Some or all events may not be applied then; the same events may be passed again, together or one by one.
    async fn apply(&self, events: &[Incoming]) -> Result<usize, HandleError>;
}
