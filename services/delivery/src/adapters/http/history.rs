//! The route of a delivery's history. Comments on handlers and bodies are published in the OpenAPI document.

use super::access::{actor, check_sees_history};
use crate::application::deliveries::Deliveries;
use crate::domain::HistoryEntry;
use axum::extract::State;
use chrono::{DateTime, Utc};
use fdp_contracts::OrderId;
use fdp_http::{Caller, Json, Path, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that happened to a delivery.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryEntryBody {
    /// When.
    at: DateTime<Utc>,
    /// The state that the delivery entered, or `Offered`, `Assigned`, `GivenBack` or `Released`; later releases may add
    /// others.
    #[schema(examples("Assigned"))]
    what: String,
    /// Who did it: `rider` or `admin` and their id, or `system`, `autopilot`, `deadline`, `order` or `store`.
    #[schema(examples("rider kim"))]
    by: String,
    /// The rider who had it then; of one that was given back or released, the rider who lost it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rider_id: Option<String>,
    /// Why, if somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
}

impl From<HistoryEntry> for HistoryEntryBody {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            at: entry.at,
            what: entry.what,
            by: entry.by,
            rider_id: entry.rider_id,
            reason: entry.reason,
        }
    }
}

/// Shows who did what with a delivery, when and why, to administrators and to the rider who has it. Positions are not part
/// of it.
#[utoipa::path(get, path = "/deliveries/{orderId}/history", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "Oldest first.", body = Vec<HistoryEntryBody>),
    (status = 403, description = "The caller is neither an administrator nor the rider who has this delivery."),
    (status = 404, description = "There is no such delivery."),
))]
pub(super) async fn history(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
) -> Result<Json<Vec<HistoryEntryBody>>, Problem> {
    let by = actor(&caller)?;
    check_sees_history(&by, &deliveries.delivery(order_id).await?)?;
    let entries = deliveries.history(order_id).await?;
    Ok(Json(entries.into_iter().map(HistoryEntryBody::from).collect()))
}
