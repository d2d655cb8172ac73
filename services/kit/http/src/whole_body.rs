//! Reads the whole body of a request before the request is answered.
//!
//! If a response is sent earlier (unknown method, not ready, invalid JSON), the server closes the connection while the
//! body is still arriving, and the client may lose the response. Bodies here are small, and handlers receive them as
//! usual. The gateway streams bodies, so it does not do this.

use crate::problem::Problem;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_body_util::LengthLimitError;
use hyper::body::Body as _;
use std::error::Error;

/// The greatest body size in bytes; larger than what the gateway forwards.
const LARGEST: usize = 2 * 1024 * 1024;

/// A layer that reads the whole body, then passes the request on.
pub(crate) async fn whole_body(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    match to_bytes(body, LARGEST).await {
        Ok(whole) => next.run(Request::from_parts(head, Body::from(whole))).await,
        Err(error) if is_too_large(&error) => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            format!("the body of a request can be {LARGEST} bytes at most"),
        )
        .into_response(),
        Err(_) => Problem::bad_request("the body broke off").into_response(),
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    error.source().is_some_and(<dyn Error>::is::<LengthLimitError>)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use futures::StreamExt as _;
    use futures::stream;
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tower::ServiceExt as _;

    const PIECE: usize = 1024;

    /// Sends a body of `pieces` chunks; returns the status, and how many chunks were read.
    async fn send(method: &str, pieces: usize) -> (StatusCode, usize) {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = read.clone();
        let body = stream::iter(0..pieces).map(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(vec![b'x'; PIECE])
        });
        let own = Router::new().route("/things", get(|| async { "things" }));
        let request = Request::builder()
            .method(method)
            .uri("/things")
            .body(Body::from_stream(body))
            .unwrap();
        let answer = own.layer(from_fn(whole_body)).oneshot(request).await.unwrap();
        (answer.status(), read.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_body_that_no_handler_reads_is_read_anyway() {
        assert_eq!(send("GET", 3).await, (StatusCode::OK, 3));
        assert_eq!(send("QUERY", 3).await, (StatusCode::METHOD_NOT_ALLOWED, 3));
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_refused_before_its_end() {
        let (status, read) = send("POST", 2 * LARGEST / PIECE).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(read <= LARGEST / PIECE + 1, "{read} pieces were read");
    }
}
