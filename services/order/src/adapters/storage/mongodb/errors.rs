//! Timeouts and errors of MongoDB, as errors of the repository.

use crate::application::ports::RepositoryError;
use mongodb::error::{Error, ErrorKind, RETRYABLE_WRITE_ERROR, WriteFailure};
use mongodb::results::UpdateResult;
use std::future::IntoFuture;
use std::io;
use std::time::Duration;

/// How long a server may take to respond; after that, it counts as unreachable.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// The error codes of a server that is not the primary any more: stepped down, shutting down, recovering.
const TRANSIENT: [i32; 8] = [91, 189, 10107, 11600, 11602, 13435, 13436, 262];
const DUPLICATE_KEY: i32 = 11000;

/// The result of `call`, or an error that counts as transient if there is no response in time.
pub(super) async fn in_time<T>(call: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(RESPONSE_TIMEOUT, call.into_future())
        .await
        .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// Whether a document with that key exists already.
pub(super) fn is_duplicate(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(rejected)) => rejected.code == DUPLICATE_KEY,
        ErrorKind::Command(rejected) => rejected.code == DUPLICATE_KEY,
        _ => false,
    }
}

/// The database found a document and left it as it was.
#[derive(Debug, thiserror::Error)]
#[error(
    "the database found {document} and did not change it: it does not do what MongoDB does with this update"
)]
struct Unchanged {
    document: &'static str,
}

/// Whether an update found its document. It is for updates that change whatever they find: one that did not is an error,
/// because the caller would take it for done.
pub(super) fn found_and_changed(
    updated: &UpdateResult,
    document: &'static str,
) -> Result<bool, RepositoryError> {
    if updated.matched_count == 0 {
        return Ok(false);
    }
    if updated.modified_count == 0 {
        return Err(unchanged(document));
    }
    Ok(true)
}

/// The error of an update that found `document` and left it as it was.
pub(super) fn unchanged(document: &'static str) -> RepositoryError {
    failed(Unchanged { document })
}

/// Whether the database is only temporarily unavailable.
fn is_transient(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. }
        // Written, but not on a majority of the servers in time.
        | ErrorKind::Write(WriteFailure::WriteConcernError(_)) => true,
        ErrorKind::Command(rejected) if TRANSIENT.contains(&rejected.code) => true,
        _ => error.contains_label(RETRYABLE_WRITE_ERROR),
    }
}

impl From<Error> for RepositoryError {
    fn from(error: Error) -> Self {
        if is_transient(&error) {
            return Self::Unreachable(Box::new(error));
        }
        match error.kind.as_ref() {
            ErrorKind::BsonDeserialization(_) | ErrorKind::Bson(_) => Self::Unreadable(Box::new(error)),
            _ => Self::Failed(Box::new(error)),
        }
    }
}

/// An error that a retry does not help against.
pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> RepositoryError {
    RepositoryError::Failed(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn updated(matched: u64, modified: u64) -> UpdateResult {
        let mut updated = UpdateResult::default();
        updated.matched_count = matched;
        updated.modified_count = modified;
        updated
    }

    #[test]
    fn an_update_that_found_its_document_and_changed_nothing_is_an_error() {
        assert!(found_and_changed(&updated(1, 1), "the order").unwrap());
        assert!(!found_and_changed(&updated(0, 0), "the order").unwrap());
        let error = found_and_changed(&updated(1, 0), "the order").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("found the order and did not change it"),
            "{error}"
        );
    }
}
