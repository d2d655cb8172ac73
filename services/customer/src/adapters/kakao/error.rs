//! Why the Kakao client cannot be created, and how its HTTP errors are described.

use std::error::Error;

/// The client cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum KakaoError {
    /// A base URL is not valid.
    #[error("{variable} is '{given}', and should look like {example}: {reason}")]
    Url {
        /// The environment variable.
        variable: &'static str,
        /// Its value.
        given: String,
        /// An example of a valid value.
        example: &'static str,
        /// Why the value is not valid.
        reason: String,
    },
    /// The HTTP client rejects its settings.
    #[error("making an HTTP client for Kakao: {0}")]
    Client(#[from] reqwest::Error),
}

/// An error and its causes on one line, without the URL.
pub(super) fn describe(error: &reqwest::Error) -> String {
    let mut text = String::from("asking Kakao");
    let mut cause = error.source();
    if error.is_timeout() {
        text.push_str(": no answer in time");
    }
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
