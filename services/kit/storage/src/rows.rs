//! Values on their way between Rust and the columns of PostgreSQL.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use std::error::Error;
use std::str::FromStr;

/// One column of many rows, for a statement that takes them as arrays.
pub fn column<'a, R: 'a, T>(rows: impl IntoIterator<Item = &'a R>, value: impl FnMut(&'a R) -> T) -> Vec<T> {
    rows.into_iter().map(value).collect()
}

/// A number as PostgreSQL can store it.
///
/// # Errors
/// When it is higher than the highest that PostgreSQL has.
pub fn number(value: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// A number of a column that holds none below 0.
///
/// # Errors
/// When the column is missing, or holds another number.
pub fn unsigned<T: TryFrom<i64>>(row: &PgRow, column: &str) -> Result<T, sqlx::Error>
where
    T::Error: Error + Send + Sync + 'static,
{
    decoded(T::try_from(row.try_get(column)?))
}

/// What the text of a column names.
///
/// # Errors
/// When the column is missing, or its text names nothing that this version knows.
pub fn parsed<T: FromStr>(row: &PgRow, column: &str) -> Result<T, sqlx::Error>
where
    T::Err: Error + Send + Sync + 'static,
{
    decoded(row.try_get::<&str, _>(column)?.parse())
}

/// A value that was read, or the error of a row that this version cannot read.
///
/// # Errors
/// When `result` is one.
pub fn decoded<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(error.into()))
}
