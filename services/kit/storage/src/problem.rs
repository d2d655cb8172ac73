//! Database errors for use cases, and their conversion to problems.

use crate::database;
use crate::ledger::LedgerError;
use fdp_http::Problem;

/// The database failed; nothing has changed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RepositoryError(#[from] sqlx::Error);

/// A database that cannot be reached is a transient error (503); data that it cannot store is the client's fault;
/// everything else is a fault of the service.
impl From<RepositoryError> for Problem {
    fn from(RepositoryError(error): RepositoryError) -> Self {
        if database::is_transient(&error) {
            tracing::warn!(%error, "the database does not answer");
            return unreachable();
        }
        refused_data(&error).unwrap_or_else(|| Self::internal("a database query", &error))
    }
}

fn unreachable() -> Problem {
    Problem::unavailable(
        "not-ready",
        "the database does not answer; try again in a moment",
        1,
    )
}

/// The client's data that the database cannot store (class 22: a text with a zero byte, a date out of range).
fn refused_data(error: &sqlx::Error) -> Option<Problem> {
    let refused = error.as_database_error()?;
    let is_data = refused.code().is_some_and(|code| code.starts_with("22"));
    is_data.then(|| {
        tracing::warn!(%error, "the database refuses what a request contains");
        Problem::bad_request(
            "something in this request cannot be kept: look for an invisible character, a date or a number out of range",
        )
    })
}

/// A ledger that cannot be reached is a transient error too.
impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unreachable(error) => {
                tracing::warn!(%error, "what is kept cannot be reached");
                unreachable()
            }
            LedgerError::Failed(error) => error
                .downcast_ref()
                .and_then(refused_data)
                .unwrap_or_else(|| Self::internal("keeping a change", error.as_ref())),
        }
    }
}
