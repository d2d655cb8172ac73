//! Asks the API server: bounds how long one answer is waited for, and makes each question a step of the trace at hand.

use std::{future::Future, time::Duration};

use fdp_trace::{Kind, Span};

/// How long the API server may take to answer. Its own limit for a request is a minute.
const LONGEST: Duration = Duration::from_secs(30);

/// There was no answer.
#[derive(Debug, thiserror::Error)]
#[error("the API server did not answer within {LONGEST:?}")]
struct Silence;

/// What is asked, as traces tell it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    /// What Kubernetes calls it: get, create, patch, delete.
    pub verb: &'static str,
    pub kind: &'a str,
    pub name: &'a str,
}

/// Waits for an answer, but not for ever.
///
/// # Errors
/// What the request ends with, or that it did not.
pub(super) async fn answer<T>(
    question: Question<'_>,
    request: impl Future<Output = kube::Result<T>>,
) -> kube::Result<T> {
    let mut span = Span::step(Kind::Client, || format!("{} {}", question.verb, question.kind));
    span.set("k8s.object.name", question.name);
    let answer = tokio::time::timeout(LONGEST, request)
        .await
        .unwrap_or_else(|_| Err(kube::Error::Service(Silence.into())));
    if let Err(error) = &answer {
        span.set("error.message", error);
        span.fail();
    }
    answer
}

/// How long the API server asks to be left alone, as it does when it has too much to do.
pub(super) fn retry_after(error: &kube::Error) -> Option<Duration> {
    let kube::Error::Api(status) = error else {
        return None;
    };
    let seconds = status.details.as_ref()?.retry_after_seconds;
    (seconds > 0).then(|| Duration::from_secs(u64::from(seconds)))
}
