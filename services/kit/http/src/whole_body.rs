//! Reads requests to their end before they are answered.
//!
//! A response that is sent before (no such method, not ready, not JSON) makes the server close the connection while the
//! body is still coming, and the client may lose the response with it. Bodies here are small, and handlers get them as
//! usual. The gateway, which passes bodies on as they come, does not do this.

use crate::problem::Problem;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_body_util::LengthLimitError;
use hyper::body::Body as _;
use std::error::Error;

/// In bytes; more than the gateway lets through.
const LARGEST: usize = 2 * 1024 * 1024;

/// A layer that hands requests on with their whole body.
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

    /// What comes of sending `pieces`, and how many of them were read.
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
