//! Why aggregates could not be kept.

use crate::database;
use crate::outbox::OutboxError;
use std::error::Error;

/// What keeps the aggregates failed; nothing has changed, unless its last response was lost.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be reached for now.
    #[error("what is kept cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// It cannot do this.
    #[error("keeping a change failed: {0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        if database::is_passing(&error) {
            Self::Unreachable(error.into())
        } else {
            Self::Failed(error.into())
        }
    }
}

impl From<OutboxError> for LedgerError {
    fn from(error: OutboxError) -> Self {
        sqlx::Error::from(error).into()
    }
}
