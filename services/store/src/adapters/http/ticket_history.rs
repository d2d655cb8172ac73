//! The route of a ticket's history. Comments on handlers and bodies are published in the OpenAPI document.

use super::store_id::StoreId;
use crate::application::ports::TicketRepository;
use crate::application::tickets::TicketError;
use crate::domain::HistoryEntry;
use axum::extract::State;
use chrono::{DateTime, Utc};
use fdp_contracts::OrderId;
use fdp_http::{Json, Path, Problem};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// One thing that happened to a ticket.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TicketHistoryEntry {
    /// When.
    at: DateTime<Utc>,
    /// The state that the ticket entered, `HandedOver`, or `OrderEnded` if the order ended after the food was ready.
    #[schema(examples("Accepted"))]
    what: String,
    /// Who did it: `owner` or `admin` with the id of the person, `autopilot`, `deadline`, `order`, or `system` for another
    /// service.
    #[schema(examples("owner 7"))]
    by: String,
    /// Why, if somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
}

impl From<HistoryEntry> for TicketHistoryEntry {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            at: entry.at,
            what: entry.what,
            by: entry.by,
            reason: entry.reason,
        }
    }
}

/// Who did what with the ticket, and when. What happened before an upgrade to the release that keeps it is missing.
#[utoipa::path(get, operation_id = "ticket_history", path = "/stores/{storeId}/tickets/{orderId}/history", params(("storeId" = String, Path, max_length = 200), ("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The oldest first.", body = Vec<TicketHistoryEntry>),
    (status = 403, description = "The caller does not run this store."),
    (status = 404, description = "The store has no such ticket."),
))]
pub(super) async fn history(
    State(all): State<Arc<dyn TicketRepository>>,
    Path((StoreId(store_id), order_id)): Path<(StoreId, OrderId)>,
) -> Result<Json<Vec<TicketHistoryEntry>>, Problem> {
    let history = all.history(&store_id, order_id).await?;
    let history = history.ok_or(TicketError::NotFound { store_id, order_id })?;
    Ok(Json(history.into_iter().map(TicketHistoryEntry::from).collect()))
}
