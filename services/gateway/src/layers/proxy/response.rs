//! The response of a service as it is forwarded to the client.

use crate::layers::forwarding;
use axum::body::Body;
use axum::response::Response;
use futures::StreamExt as _;
use http::{HeaderValue, header};
use hyper::body::Incoming;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Completes when an endless response has to end: when the gateway stops, or at the instant `until`, when the token of the
/// client expires.
pub(crate) async fn end_of_stream(stop: CancellationToken, until: Option<Instant>) {
    match until {
        Some(until) => {
            stop.run_until_cancelled(tokio::time::sleep_until(until)).await;
        }
        None => stop.cancelled().await,
    }
}

/// Prepares a response for the client. An endless one ends with `end`.
pub(crate) fn for_client(
    response: http::Response<Incoming>,
    request_id: Option<HeaderValue>,
    end: impl Future<Output = ()> + Send + 'static,
) -> Response {
    let (mut head, body) = response.into_parts();
    forwarding::for_client(&mut head.headers, request_id);
    let content_type = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_endless = content_type.is_some_and(|kind| kind.starts_with(b"text/event-stream"));
    let body = Body::new(body);
    let body = if is_endless {
        // Otherwise it would delay the shutdown of the gateway; the client reconnects to another replica.
        Body::from_stream(body.into_data_stream().take_until(end))
    } else {
        body
    };
    Response::from_parts(head, body)
}
