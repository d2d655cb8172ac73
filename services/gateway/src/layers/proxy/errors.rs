//! Why there is no response of a service, and the problem that the client gets.

use crate::layers::body_limit::BodyError;
use crate::upstream::Upstream;
use fdp_http::Problem;
use http::StatusCode;
use hyper_util::client::legacy::Error;

/// Why there is no response of the service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProxyError {
    /// The body of the request cannot be forwarded.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The path of the request cannot be forwarded.
    #[error("making the request: {0}")]
    Request(#[from] http::Error),
    /// There is no connection to the service.
    #[error("connecting to {0}: {1}")]
    Unreachable(Upstream, #[source] Error),
    /// The connection was closed before the response.
    #[error("sending to {0}: {1}")]
    Broken(Upstream, #[source] Error),
    /// There was no response in time.
    #[error("{0} did not answer in time")]
    TimedOut(Upstream),
}

impl ProxyError {
    /// The problem that the client gets.
    pub(crate) fn problem(&self, service: &str, body_limit: u64) -> Problem {
        match self {
            Self::Body(BodyError::TooLarge) => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                format!("the body of a request can be {body_limit} bytes at most"),
            ),
            Self::Body(BodyError::Broken) => Problem::bad_request("the body broke off"),
            Self::Request(_) => Problem::bad_request("the path cannot be passed on"),
            Self::Unreachable(..) => Problem {
                retry_after: Some(1),
                ..Problem::new(
                    // Nothing was sent, so that it can be asked again as it is: what clients do with a 503 (RFC 9110, 15.6.4).
                    StatusCode::SERVICE_UNAVAILABLE,
                    "service-unreachable",
                    format!("the {service} service cannot be reached; try again in a moment"),
                )
            },
            Self::Broken(..) => Problem::new(
                StatusCode::BAD_GATEWAY,
                "answer-broken",
                format!(
                    "the {service} service broke off before it answered; it may or may not have done what was asked"
                ),
            ),
            Self::TimedOut(_) => Problem::new(
                StatusCode::GATEWAY_TIMEOUT,
                "answer-late",
                format!(
                    "the {service} service did not answer in time; it may or may not have done what was asked"
                ),
            ),
        }
    }
}
