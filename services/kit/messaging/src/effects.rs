//! What a consumer needs of a service: something that lets events take effect, wherever its data is kept.

use crate::incoming::Incoming;
use async_trait::async_trait;

/// Why events had no effect.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// They never will: a message that is alone with this goes to the dead letters.
    #[error("{0}")]
    Poison(String),
    /// Not now: they are tried again.
    #[error(transparent)]
    Passing(Box<dyn std::error::Error + Send + Sync>),
}

/// Lets events take effect, wherever the service's data is kept.
#[async_trait]
pub trait Effects: Send + Sync + 'static {
    /// Whether events of this `CloudEvents` type have any effect here; others cost no transaction.
    fn concerns(&self, kind: &str) -> bool;

    /// Brings about the effects of `events`, in their order, each once per event id however often it comes; durable
    /// when it returns. Gives how many had come before.
    ///
    /// # Errors
    /// All or some may have had no effect then; the same events may be brought again, together or one by one.
    async fn bring_about(&self, events: &[Incoming]) -> Result<usize, HandleError>;

    /// Called now and then, to forget events that can't come again.
    async fn tidy(&self) {}
}
