//! Errors of PostgreSQL as errors of the repository.

use crate::application::ports::RepositoryError;
use fdp_kit::ledger::LedgerError;

impl From<sqlx::Error> for RepositoryError {
    fn from(error: sqlx::Error) -> Self {
        LedgerError::from(error).into()
    }
}

impl From<LedgerError> for RepositoryError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unreachable(source) => Self::Unreachable(source),
            LedgerError::Failed(source) => Self::Failed(source),
        }
    }
}

/// An error that a retry does not help against.
pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> RepositoryError {
    RepositoryError::Failed(Box::new(error))
}
