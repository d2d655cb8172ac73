//! The route that lists deliveries. Comments on handlers and parameters are published in the OpenAPI document.

use super::access::{actor, not_yours};
use super::bodies::DeliveryBody;
use crate::application::ports::{DeliveryFilter, DeliveryRepository};
use axum::extract::State;
use fdp_contracts::{DeliveryState, OrderId};
use fdp_http::{Caller, Json, Problem, Query, text};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Only those in this state.
    state: Option<DeliveryState>,
    /// Only this rider's; a rider may only name himself.
    rider_id: Option<String>,
    /// Only those made before that of this order.
    #[param(value_type = Option<String>)]
    before: Option<OrderId>,
    /// At most so many; 100 if left out, never more than 500.
    limit: Option<u32>,
}

/// Lists the newest deliveries: to riders their own and those that they may take on, to administrators all. The `orderId` of
/// the last one is the next page's `before`.
#[utoipa::path(get, path = "/deliveries", params(Page), responses(
    (status = 200, description = "Newest first.", body = Vec<DeliveryBody>),
    (status = 403, description = "The caller does not deliver, or names another rider."),
))]
pub(super) async fn list(
    State(all): State<Arc<dyn DeliveryRepository>>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Vec<DeliveryBody>>, Problem> {
    let by = actor(&caller)?;
    let another = |rider: &str| page.rider_id.as_deref().is_some_and(|named| named != rider);
    if by.rider().is_some_and(another) {
        return Err(not_yours(
            "riders see their own deliveries and those that they may take on: leave riderId out, or give your own",
        ));
    }
    let filter = DeliveryFilter {
        state: page.state,
        rider_id: page.rider_id,
        seen_by: by.rider().map(str::to_owned),
        before: page.before,
    };
    let deliveries = all.list(&filter, text::page_size(page.limit)).await?;
    Ok(Json(deliveries.iter().map(DeliveryBody::from).collect()))
}
