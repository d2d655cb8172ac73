//! Why a ledger failed.

use crate::database;
use crate::outbox::OutboxError;
use std::error::Error;

/// The data store of a ledger failed. Nothing has changed, unless only its last response was lost.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The data store is temporarily unavailable.
    #[error("what is kept cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The data store cannot perform the operation.
    #[error("keeping a change failed: {0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        if database::is_transient(&error) {
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
