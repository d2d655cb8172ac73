//! Calls to the API server: each has a timeout, and is a span of the current trace.

use std::{future::Future, time::Duration};

use fdp_trace::{Kind, Span};

/// How long a call may take. The API server's own limit for a request is a minute.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The call took too long.
#[derive(Debug, thiserror::Error)]
#[error("the API server did not answer within {TIMEOUT:?}")]
struct Timeout;

/// A call, as traces show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ApiCall<'a> {
    /// Kubernetes' verb: get, create, patch or delete.
    pub verb: &'static str,
    pub kind: &'a str,
    pub name: &'a str,
}

/// Sends a request and waits for its response, up to the timeout.
///
/// # Errors
/// The error of the request, or a timeout.
pub(super) async fn send<T>(
    call: ApiCall<'_>,
    request: impl Future<Output = kube::Result<T>>,
) -> kube::Result<T> {
    let mut span = Span::step(Kind::Client, || format!("{} {}", call.verb, call.kind));
    span.set("k8s.object.name", call.name);
    let response = tokio::time::timeout(TIMEOUT, request)
        .await
        .unwrap_or_else(|_| Err(kube::Error::Service(Timeout.into())));
    if let Err(error) = &response {
        span.set("error.message", error);
        span.fail();
    }
    response
}

/// Whether the API server refused to create something because its namespace is being deleted.
pub(super) fn namespace_ends(error: &kube::Error) -> bool {
    let kube::Error::Api(status) = error else {
        return false;
    };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    status.code == 403
        && causes
            .into_iter()
            .any(|cause| cause.reason == "NamespaceTerminating")
}

/// The `Retry-After` of the API server, which it sends when it is overloaded.
pub(super) fn retry_after(error: &kube::Error) -> Option<Duration> {
    let kube::Error::Api(status) = error else {
        return None;
    };
    let seconds = status.details.as_ref()?.retry_after_seconds;
    (seconds > 0).then(|| Duration::from_secs(u64::from(seconds)))
}
