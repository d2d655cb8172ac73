//! Deliveries over HTTP: one path for each of the rider's commands. A command that has had its effect already may be
//! repeated: the answer is the delivery as it is.

use crate::app::{Board, Deliveries, DeliveryError, Filter};
use crate::domain::position::Position;
use crate::domain::{Command, Delivery};
use axum::Router;
use axum::extract::State;
use chrono::{DateTime, Utc};
use fdp_contracts::{DeliverySnapshot, DeliveryState, OrderId, optional_text, optional_text_schema};
use fdp_kit::http::{Path, Query};
use fdp_kit::{Caller, Json, Problem, openapi};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

/// The service's routes.
pub fn routes(deliveries: Deliveries, board: Board) -> Router {
    let all: Router = overview().with_state(board).into();
    let one: Router = own_routes().with_state(deliveries).into();
    openapi::serve(&openapi(), one.merge(all))
}

/// What the routes say of themselves.
pub fn openapi() -> OpenApi {
    let overview = OpenApiRouter::<Deliveries>::with_openapi(overview().into_openapi());
    openapi::document(
        "delivery",
        "Deliveries: from the store to the door.",
        own_routes().merge(overview),
    )
}

fn own_routes() -> OpenApiRouter<Deliveries> {
    OpenApiRouter::default()
        .routes(routes!(find))
        .routes(routes!(assign))
        .routes(routes!(locate))
        .routes(routes!(start))
        .routes(routes!(deliver))
}

fn overview() -> OpenApiRouter<Board> {
    OpenApiRouter::default().routes(routes!(list))
}

/// A delivery as riders and customers see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeliveryBody {
    #[serde(flatten)]
    delivery: DeliverySnapshot,
    /// Who delivers, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rider_id: Option<String>,
    /// Where the rider was last, if told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    position: Option<PositionBody>,
    /// When it was made.
    created_at: DateTime<Utc>,
}

/// Degrees north and east, and when the rider was there.
#[derive(Serialize, ToSchema)]
struct PositionBody {
    lat: f64,
    lng: f64,
    at: DateTime<Utc>,
}

impl From<&Delivery> for DeliveryBody {
    fn from(delivery: &Delivery) -> Self {
        let body = |position: Position| PositionBody {
            lat: position.lat(),
            lng: position.lng(),
            at: position.at(),
        };
        Self {
            delivery: delivery.snapshot(),
            rider_id: delivery.rider_id.clone(),
            position: delivery.position.map(body),
            created_at: delivery.created_at,
        }
    }
}

impl From<DeliveryError> for Problem {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::NotFound(_) => Self::not_found(error.to_string()),
            DeliveryError::Refused(refusal) => Self::conflict("delivery-state", refusal.to_string()),
            DeliveryError::Ledger(error) => error.into(),
        }
    }
}

type One = Result<Json<DeliveryBody>, Problem>;

/// Shows the delivery of an order.
#[utoipa::path(get, path = "/deliveries/{orderId}", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The delivery.", body = DeliveryBody),
    (status = 404, description = "There is no such delivery."),
))]
async fn find(State(deliveries): State<Deliveries>, Path(order_id): Path<OrderId>) -> One {
    Ok(Json((&deliveries.delivery(order_id).await?).into()))
}

/// Who is to deliver.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    /// Missing: whoever asks.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    rider_id: Option<String>,
}

/// A rider takes the delivery on.
#[utoipa::path(post, path = "/deliveries/{orderId}/assign", params(("orderId" = OrderId, Path)), request_body = Assignment, responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it; the words say what is possible."),
))]
async fn assign(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
    Json(body): Json<Assignment>,
) -> One {
    let own = caller.subject().map(str::to_owned);
    let rider_id = body
        .rider_id
        .or_else(|| own.clone())
        .ok_or_else(|| Problem::bad_request("riderId is missing; say who delivers"))?;
    if !caller.may_all() && own.as_ref() != Some(&rider_id) {
        return Err(not_yours(
            "a rider takes deliveries on for themselves: leave riderId out",
        ));
    }
    command(&deliveries, &caller, order_id, Command::Assign { rider_id }).await
}

/// Where a rider is.
#[derive(Deserialize, ToSchema)]
struct WhereRiderIs {
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
    (status = 409, description = "The delivery's state does not allow it; the words say what is possible."),
))]
async fn locate(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
    Json(body): Json<WhereRiderIs>,
) -> One {
    let position = deliveries
        .position(body.lat, body.lng, body.at)
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    command(&deliveries, &caller, order_id, Command::Locate(position)).await
}

/// The rider is about to leave the store with the food.
#[utoipa::path(post, path = "/deliveries/{orderId}/start", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it; the words say what is possible."),
))]
async fn start(State(deliveries): State<Deliveries>, Path(order_id): Path<OrderId>, caller: Caller) -> One {
    command(&deliveries, &caller, order_id, Command::Start).await
}

/// The rider hands the food over at the door.
#[utoipa::path(post, path = "/deliveries/{orderId}/deliver", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it; the words say what is possible."),
))]
async fn deliver(State(deliveries): State<Deliveries>, Path(order_id): Path<OrderId>, caller: Caller) -> One {
    command(&deliveries, &caller, order_id, Command::Deliver).await
}

async fn command(deliveries: &Deliveries, caller: &Caller, order_id: OrderId, command: Command) -> One {
    if !caller.may_all() {
        let rider_id = deliveries.delivery(order_id).await?.rider_id;
        if rider_id.is_some_and(|rider_id| caller.subject() != Some(&rider_id)) {
            return Err(not_yours("another rider has this delivery"));
        }
    }
    Ok(Json((&deliveries.command(order_id, command).await?).into()))
}

fn not_yours(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not-your-delivery", detail)
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct Page {
    /// Only those in this state.
    state: Option<DeliveryState>,
    /// Only this rider's.
    rider_id: Option<String>,
    /// Only those made before that of this order.
    #[param(value_type = Option<String>)]
    before: Option<OrderId>,
    /// At most so many; 100 if left out, never more than 500.
    limit: Option<u32>,
}

/// Lists the newest deliveries; the `orderId` of the last one is the next page's `before`.
#[utoipa::path(get, path = "/deliveries", params(Page), responses(
    (status = 200, description = "Newest first.", body = Vec<DeliveryBody>),
))]
async fn list(
    State(board): State<Board>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<DeliveryBody>>, Problem> {
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    let filter = Filter {
        state: page.state,
        rider_id: page.rider_id,
        before: page.before,
    };
    let deliveries = board.deliveries(&filter, limit).await?;
    Ok(Json(deliveries.iter().map(DeliveryBody::from).collect()))
}
