//! The route that streams a store's tickets as server-sent events: first all active ones, then each that is new or
//! changes.

use super::text::StoreId;
use super::tickets::TicketBody;
use crate::application::stream_position::StreamPosition;
use crate::application::watch::TicketWatch;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use fdp_kit::Problem;
use fdp_kit::http::Path;
use futures::stream;
use http::{HeaderMap, HeaderName, header};
use std::time::Duration;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a browser reconnects after a stream ended.
const RETRY: Duration = Duration::from_secs(1);

/// The tickets as they change: a `Received` one is an order that has just come in. Who comes back with `Last-Event-ID`
/// misses none; a ticket that changed twice meanwhile comes once, as it is.
#[utoipa::path(get, path = "/stores/{storeId}/tickets/events", params(
    ("storeId" = String, Path, max_length = 200),
    ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that the reader has."),
), responses(
    (status = 200, description = "Tickets, one an event.", content_type = "text/event-stream", body = String),
    (status = 403, description = "The caller does not run this store."),
))]
pub(super) async fn events(
    State(watch): State<TicketWatch>,
    Path(StoreId(store_id)): Path<StoreId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // An invalid id starts a new stream.
    let position: Option<StreamPosition> = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .and_then(|id| id.parse().ok());
    let watcher = watch.open(store_id, position).await?;
    let events = stream::unfold(watcher, |mut watcher| async move {
        let (position, ticket) = watcher.next().await?;
        let event = Event::default()
            .id(position.to_string())
            .retry(RETRY)
            .json_data(TicketBody::from(ticket));
        Some((event, watcher))
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive");
    // Proxies must not buffer the response.
    let unbuffered = [
        (HeaderName::from_static("x-accel-buffering"), "no"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((unbuffered, Sse::new(events).keep_alive(keep_alive)).into_response())
}
