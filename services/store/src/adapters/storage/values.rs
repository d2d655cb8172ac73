//! Conversions between values of the domain and values of PostgreSQL, and their errors.

use crate::application::ports::RepositoryError;
use std::error::Error;

impl From<sqlx::Error> for RepositoryError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}

/// A value that was read, or the error of a row that this version cannot read.
pub(super) fn decoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// A value to be written, or the error of one that PostgreSQL cannot store.
pub(super) fn encoding<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
