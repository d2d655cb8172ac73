//! Deliveries over HTTP: one path for each of the rider's commands. A command that has had its effect already may be
//! repeated: the answer is the delivery as it is.

use crate::app::{Board, Deliveries, DeliveryError, Filter};
use crate::domain::position::Position;
use crate::domain::{Command, Delivery, Refusal};
use axum::Router;
use axum::extract::State;
use chrono::{DateTime, Utc};
use fdp_contracts::{
    DeliverySnapshot, DeliveryState, LONGEST_TEXT, OrderId, check_text, optional_text, optional_text_schema,
};
use fdp_kit::caller::Role;
use fdp_kit::http::{Path, Query};
use fdp_kit::{Caller, Json, Problem, openapi};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
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
            DeliveryError::Refused(refusal) => refusal.into(),
            DeliveryError::Ledger(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            Refusal::State { .. } => Self::conflict("delivery-state", words),
            Refusal::Unassigned(_) => Self::conflict("delivery-unassigned", words),
            Refusal::AnotherRiders(_) | Refusal::ForAnother => not_yours(words),
        }
    }
}

type One = Result<Json<DeliveryBody>, Problem>;

/// Shows the delivery of an order, to riders and to who ordered.
#[utoipa::path(get, path = "/deliveries/{orderId}", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The delivery.", body = DeliveryBody),
    (status = 403, description = "Another customer's order is delivered."),
    (status = 404, description = "There is no such delivery."),
))]
async fn find(State(deliveries): State<Deliveries>, Path(order_id): Path<OrderId>, caller: Caller) -> One {
    let delivery = deliveries.delivery(order_id).await?;
    if !delivers(&caller) && !caller.may_see(&delivery.parcel.customer_id) {
        return Err(not_yours("another customer's order is delivered"));
    }
    Ok(Json((&delivery).into()))
}

/// Who is to deliver.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    /// Missing: whoever asks.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = rider_schema)]
    rider_id: Option<String>,
}

fn rider_schema() -> Schema {
    match optional_text_schema() {
        Schema::Object(object) => ObjectBuilder::from(object).max_length(Some(LONGEST_TEXT)).into(),
        other => other,
    }
}

/// A rider takes the delivery on.
#[utoipa::path(post, path = "/deliveries/{orderId}/assign", params(("orderId" = OrderId, Path)), request_body = Assignment, responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it, or nobody has taken it on; the words say what is possible."),
))]
async fn assign(
    State(deliveries): State<Deliveries>,
    Path(order_id): Path<OrderId>,
    caller: Caller,
    Json(body): Json<Assignment>,
) -> One {
    let own = || caller.subject().map(str::to_owned);
    let rider_id = body
        .rider_id
        .or_else(own)
        .ok_or_else(|| Problem::bad_request("riderId is missing; say who delivers"))?;
    check_text("riderId", &rider_id).map_err(|error| Problem::bad_request(error.to_string()))?;
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
    (status = 409, description = "The delivery's state does not allow it, or nobody has taken it on; the words say what is possible."),
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
    (status = 409, description = "The delivery's state does not allow it, or nobody has taken it on; the words say what is possible."),
))]
async fn start(State(deliveries): State<Deliveries>, Path(order_id): Path<OrderId>, caller: Caller) -> One {
    command(&deliveries, &caller, order_id, Command::Start).await
}

/// The rider hands the food over at the door.
#[utoipa::path(post, path = "/deliveries/{orderId}/deliver", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The delivery as it is now.", body = DeliveryBody),
    (status = 403, description = "Another rider has this delivery."),
    (status = 404, description = "There is no such delivery."),
    (status = 409, description = "The delivery's state does not allow it, or nobody has taken it on; the words say what is possible."),
))]
async fn deliver(State(deliveries): State<Deliveries>, Path(order_id): Path<OrderId>, caller: Caller) -> One {
    command(&deliveries, &caller, order_id, Command::Deliver).await
}

async fn command(deliveries: &Deliveries, caller: &Caller, order_id: OrderId, command: Command) -> One {
    let by = acting(caller)?;
    Ok(Json(
        (&deliveries.command_by(by, order_id, command).await?).into(),
    ))
}

/// The rider that the caller is; `None` for one who may do all.
fn acting(caller: &Caller) -> Result<Option<&str>, Problem> {
    if caller.may_all() {
        return Ok(None);
    }
    let rider = caller.subject().filter(|_| delivers(caller));
    let rider = rider.ok_or_else(|| not_yours("only riders deliver"))?;
    check_text("the rider's id", rider).map_err(|error| Problem::bad_request(error.to_string()))?;
    Ok(Some(rider))
}

fn delivers(caller: &Caller) -> bool {
    let is_rider = matches!(caller, Caller::Person(person) if person.roles.contains(&Role::Rider));
    is_rider || caller.may_all()
}

fn not_yours(detail: impl Into<String>) -> Problem {
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

/// Lists the newest deliveries, to riders; the `orderId` of the last one is the next page's `before`.
#[utoipa::path(get, path = "/deliveries", params(Page), responses(
    (status = 200, description = "Newest first.", body = Vec<DeliveryBody>),
    (status = 403, description = "The caller does not deliver."),
))]
async fn list(
    State(board): State<Board>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Vec<DeliveryBody>>, Problem> {
    if !delivers(&caller) {
        return Err(not_yours("only riders see all deliveries"));
    }
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    let filter = Filter {
        state: page.state,
        rider_id: page.rider_id,
        before: page.before,
    };
    let deliveries = board.deliveries(&filter, limit).await?;
    Ok(Json(deliveries.iter().map(DeliveryBody::from).collect()))
}
