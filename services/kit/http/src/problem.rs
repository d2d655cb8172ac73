//! Errors as the caller sees them: problem+json (RFC 9457) with a type that never changes.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An answer that says what went wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:fooddelivery:problem:…`, for programs.
    #[serde(rename = "type")]
    #[schema(
        pattern = "^urn:fooddelivery:problem:[a-z-]+$",
        examples("urn:fooddelivery:problem:not-found")
    )]
    pub kind: String,
    /// The HTTP status code.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// A few words, the same for every problem of this type.
    pub title: String,
    /// What happened this time and what to do.
    pub detail: String,
    /// Seconds after which to try again; sent as `Retry-After`.
    #[serde(rename = "retryAfter", skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem of the type `urn:fooddelivery:problem:<slug>`; its title is the slug in words.
    pub fn new(status: StatusCode, slug: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:fooddelivery:problem:{slug}"),
            status: status.as_u16(),
            title: slug.replace('-', " "),
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// 400: the request cannot be read or makes no sense.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// 404: no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// 409: the thing is in a state that does not allow this.
    pub fn conflict(slug: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, slug, detail)
    }

    /// 503 with `Retry-After`: temporarily unavailable.
    pub fn unavailable(slug: &str, detail: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self {
            retry_after: Some(retry_after_seconds),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, slug, detail)
        }
    }

    /// 500: a fault of the service. The reason goes to the log, not to the caller.
    pub fn internal(doing: &str, error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %chain(error), "{doing} failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal-error",
            "something went wrong on our side; the trace id of this answer helps us find it",
        )
    }
}

/// An error and its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = next.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
