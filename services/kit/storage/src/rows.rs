//! Conversions between Rust values and PostgreSQL columns.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use std::error::Error;
use std::str::FromStr;

/// The values of one column of many rows, for a statement that takes them as arrays.
pub fn column<'a, R: 'a, T>(rows: impl IntoIterator<Item = &'a R>, value: impl FnMut(&'a R) -> T) -> Vec<T> {
    rows.into_iter().map(value).collect()
}

/// Converts a number for PostgreSQL.
///
/// # Errors
/// When it exceeds the range of `bigint`.
pub fn number(value: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// Reads a column of non-negative numbers.
///
/// # Errors
/// When the column is missing, or its number is out of range.
pub fn unsigned<T: TryFrom<i64>>(row: &PgRow, column: &str) -> Result<T, sqlx::Error>
where
    T::Error: Error + Send + Sync + 'static,
{
    decoded(T::try_from(row.try_get(column)?))
}

/// Reads a column of non-negative numbers that may be missing in a row.
///
/// # Errors
/// When the column is missing, or its number is out of range.
pub fn maybe_unsigned<T: TryFrom<i64>>(row: &PgRow, column: &str) -> Result<Option<T>, sqlx::Error>
where
    T::Error: Error + Send + Sync + 'static,
{
    let number: Option<i64> = row.try_get(column)?;
    decoded(number.map(T::try_from).transpose())
}

/// Parses the text of a column.
///
/// # Errors
/// When the column is missing, or this version does not know its text.
pub fn parsed<T: FromStr>(row: &PgRow, column: &str) -> Result<T, sqlx::Error>
where
    T::Err: Error + Send + Sync + 'static,
{
    decoded(row.try_get::<&str, _>(column)?.parse())
}

/// The decoded value, or an error for a row that this version cannot read.
///
/// # Errors
/// When `result` is an error.
pub fn decoded<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(error.into()))
}
