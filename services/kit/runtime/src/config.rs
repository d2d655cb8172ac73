//! Settings from the environment, with errors that say which variable to set to what.

use std::fmt::Display;
use std::str::FromStr;

/// A setting that is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The service cannot run without it.
    #[error("the environment variable {name} is not set; set it to {example}")]
    Missing {
        /// The variable.
        name: String,
        /// An example value.
        example: &'static str,
    },
    /// The value cannot be used.
    #[error("the environment variable {name} has the value '{value}', which cannot be used: {reason}")]
    Unreadable {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The value of `name`, or an error that shows an example.
///
/// # Errors
/// When it is not set or empty.
pub fn required(name: &str, example: &'static str) -> Result<String, ConfigError> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| ConfigError::Missing {
            name: name.to_owned(),
            example,
        })
}

/// The value of `name`, or `default` when it is not set or empty.
///
/// # Errors
/// When the value cannot be parsed as a `T`.
pub fn optional<T: FromStr>(name: &str, default: T) -> Result<T, ConfigError>
where
    T::Err: Display,
{
    Ok(maybe(name)?.unwrap_or(default))
}

/// The value of `name`, if it is set and not empty.
///
/// # Errors
/// When the value cannot be parsed as a `T`.
pub fn maybe<T: FromStr>(name: &str) -> Result<Option<T>, ConfigError>
where
    T::Err: Display,
{
    let Some(value) = std::env::var(name).ok().filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    value
        .parse()
        .map(Some)
        .map_err(|reason: T::Err| ConfigError::Unreadable {
            name: name.to_owned(),
            value,
            reason: reason.to_string(),
        })
}
