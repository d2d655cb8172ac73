//! Bounds how long one answer of the API server is waited for.

use std::{future::Future, time::Duration};

/// How long the API server may take to answer. Its own limit for a request is a minute.
const LONGEST: Duration = Duration::from_secs(30);

/// There was no answer.
#[derive(Debug, thiserror::Error)]
#[error("the API server did not answer within {LONGEST:?}")]
struct Silence;

/// Waits for an answer, but not for ever.
///
/// # Errors
/// What the request ends with, or that it did not.
pub(super) async fn answer<T>(request: impl Future<Output = kube::Result<T>>) -> kube::Result<T> {
    tokio::time::timeout(LONGEST, request)
        .await
        .unwrap_or_else(|_| Err(kube::Error::Service(Silence.into())))
}

/// How long the API server asks to be left alone, as it does when it has too much to do.
pub(super) fn retry_after(error: &kube::Error) -> Option<Duration> {
    let kube::Error::Api(status) = error else {
        return None;
    };
    let seconds = status.details.as_ref()?.retry_after_seconds;
    (seconds > 0).then(|| Duration::from_secs(u64::from(seconds)))
}
