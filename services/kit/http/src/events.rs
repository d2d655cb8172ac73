//! Server-sent events: the streaming response, and the id from which a reconnecting client continues.

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use http::{HeaderMap, HeaderName, header};
use serde::Serialize;
use std::str::FromStr;
use std::time::Duration;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a browser reconnects after a stream has ended.
const RETRY: Duration = Duration::from_secs(1);

/// The id in `Last-Event-ID`, which a reconnecting browser received last. An unreadable value is ignored.
pub fn last_id<T: FromStr>(headers: &HeaderMap) -> Option<T> {
    headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .and_then(|id| id.trim().parse().ok())
}

/// The event `id`, whose data is `body` as JSON.
///
/// # Errors
/// When `body` cannot be serialised as JSON.
pub fn event(id: &impl ToString, body: &impl Serialize) -> Result<Event, axum::Error> {
    Event::default().id(id.to_string()).retry(RETRY).json_data(body)
}

/// The response that sends each of `events` as soon as it is available.
pub fn response(events: impl Stream<Item = Result<Event, axum::Error>> + Send + 'static) -> Response {
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive");
    // Proxies must not buffer the response.
    let unbuffered = [
        (HeaderName::from_static("x-accel-buffering"), "no"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (unbuffered, Sse::new(events).keep_alive(keep_alive)).into_response()
}
