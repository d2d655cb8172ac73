//! Rows that are kept for a limited time, in whichever data store.

use async_trait::async_trait;
use std::error::Error;
use std::time::Duration;

/// Old rows could not be removed; the next round tries again.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RetentionError(#[from] Box<dyn Error + Send + Sync>);

impl From<sqlx::Error> for RetentionError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}

/// The rows of one table, or the documents of one collection.
#[async_trait]
pub trait Retained: Send + Sync + 'static {
    /// Removes at most `most` of those that are older than `age` and need not be kept, the oldest first; returns how many.
    ///
    /// # Errors
    /// When the data store fails; some of them may be removed then.
    async fn remove(&self, age: Duration, most: u32) -> Result<u64, RetentionError>;

    /// The age of the oldest; `None` if there is none.
    ///
    /// # Errors
    /// When the data store fails.
    async fn oldest(&self) -> Result<Option<Duration>, RetentionError>;
}
