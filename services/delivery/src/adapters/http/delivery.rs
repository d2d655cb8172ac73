//! The routes of one delivery: one path for each command of the rider. Comments on handlers and bodies are published in
//! the OpenAPI document.

use super::access::{actor, check_sees};
use super::bodies::DeliveryBody;
use crate::application::deliveries::Deliveries;
use crate::domain::Command;
use axum::extract::State;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, check_text, optional_text};
use fdp_http::{Caller, Json, JsonObject, Path, Problem, text};
use serde::Deserialize;
use utoipa::ToSchema;

pub(super) type DeliveryResponse = Result<Json<DeliveryBody>, Problem>;

/// Shows the delivery of an order: to who ordered, to the rider who has it, and to all riders while they may take it on.
#[utoipa::path(get, path = "/deliveries/{orderId}", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The delivery.", body = DeliveryBody),
    (status = 403, description = "Another customer's order is delivered, another rider has it, or it cannot be taken on."),
    (status = 404, description = "There is no such delivery."),
))]
pub(super) async fn find(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
) -> DeliveryResponse {
    let delivery = deliveries.delivery(order_id).await?;
    check_sees(&caller, &delivery)?;
    Ok(Json((&delivery).into()))
}

/// Who is to deliver.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Assignment {
    /// Missing: whoever asks.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema)]
    rider_id: Option<String>,
}

/// A rider takes the delivery on, from when the store has begun to cook. A rider has a limited number of deliveries at once.
#[utoipa::path(post, path = "/deliveries/{orderId}/assign", params(("orderId" = OrderId, Path)), request_body = Assignment, responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it (`delivery-state`), or the rider has as many deliveries as are allowed (`too-many-deliveries`); the words say what is possible."),
))]
pub(super) async fn assign(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
    JsonObject(body): JsonObject<Assignment>,
) -> DeliveryResponse {
    let own = || caller.subject().map(str::to_owned);
    let rider_id = body
        .rider_id
        .or_else(own)
        .ok_or_else(|| Problem::bad_request("riderId is missing; say who delivers"))?;
    check_text("riderId", &rider_id)?;
    command(&deliveries, &caller, order_id, Command::Assign { rider_id }).await
}

/// Why a rider does not deliver it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GiveBack {
    /// In a few words; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema, required = true)]
    reason: Option<String>,
}

/// The rider leaves the delivery to others, until it leaves the store. Repeated, it changes nothing while nobody else has
/// taken the delivery on.
#[utoipa::path(post, path = "/deliveries/{orderId}/give-back", params(("orderId" = OrderId, Path)), request_body = GiveBack, responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it; the words say what is possible."),
))]
pub(super) async fn give_back(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
    JsonObject(body): JsonObject<GiveBack>,
) -> DeliveryResponse {
    let reason = body
        .reason
        .ok_or_else(|| Problem::bad_request("reason is missing; say in a few words why"))?;
    check_text("reason", &reason)?;
    command(&deliveries, &caller, order_id, Command::GiveBack { reason }).await
}

/// Where a rider is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WhereRiderIs {
    /// Degrees north.
    #[schema(minimum = -90, maximum = 90)]
    lat: f64,
    /// Degrees east.
    #[schema(minimum = -180, maximum = 180)]
    lng: f64,
    /// Missing: now.
    at: Option<DateTime<Utc>>,
}

/// The rider tells where they are.
#[utoipa::path(post, path = "/deliveries/{orderId}/position", params(("orderId" = OrderId, Path)), request_body = WhereRiderIs, responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it, or nobody has taken it on; the words say what is possible."),
))]
pub(super) async fn locate(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
    JsonObject(body): JsonObject<WhereRiderIs>,
) -> DeliveryResponse {
    let position = deliveries
        .position(body.lat, body.lng, body.at)
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    command(&deliveries, &caller, order_id, Command::Locate(position)).await
}

/// The rider is about to leave the store with the food; one that nobody has taken on is the rider's from now on.
#[utoipa::path(post, path = "/deliveries/{orderId}/start", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it (`delivery-state`), or the rider would have more deliveries than are allowed (`too-many-deliveries`); the words say what is possible."),
))]
pub(super) async fn start(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
) -> DeliveryResponse {
    command(&deliveries, &caller, order_id, Command::Start).await
}

/// The rider hands the food over at the door.
#[utoipa::path(post, path = "/deliveries/{orderId}/deliver", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it, or nobody has taken it on; the words say what is possible."),
))]
pub(super) async fn deliver(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
) -> DeliveryResponse {
    command(&deliveries, &caller, order_id, Command::Deliver).await
}

async fn command(
    deliveries: &Deliveries,
    caller: &Caller,
    order_id: OrderId,
    command: Command,
) -> DeliveryResponse {
    let by = actor(caller)?;
    Ok(Json((&deliveries.command(&by, order_id, command).await?).into()))
}
