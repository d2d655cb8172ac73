//! The route that streams a store's tickets as server-sent events: first all active ones, then each that is new or
//! changes.

use super::store_id::StoreId;
use super::tickets::TicketBody;
use crate::application::stream_position::StreamPosition;
use crate::application::watch::TicketWatch;
use axum::extract::State;
use axum::response::Response;
use fdp_http::{Path, Problem, events};
use futures::stream;
use http::HeaderMap;

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
    let position: Option<StreamPosition> = events::last_id(&headers);
    let watcher = watch.open(store_id, position).await?;
    Ok(events::response(stream::unfold(
        watcher,
        |mut watcher| async move {
            let (position, ticket) = watcher.next().await?;
            Some((events::event(&position, &TicketBody::from(ticket)), watcher))
        },
    )))
}
