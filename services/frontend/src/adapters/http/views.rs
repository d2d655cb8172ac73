//! The view's API: one order with its history, a customer's orders, and the changes of an order as they happen.

use crate::application::{OpenedFeed, OrderFeed, Storefront};
use crate::domain::StateChange;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderSnapshot, OrderState};
use fdp_http::{Caller, Json, Path, Problem, Query, events};
use futures::stream;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

/// An order and how it got where it is.
#[derive(Serialize, ToSchema)]
pub(super) struct OrderWithHistory {
    #[serde(flatten)]
    order: OrderSnapshot,
    /// Its changes, oldest first.
    history: Vec<ChangeBody>,
}

/// One change in the life of an order.
#[derive(Serialize, ToSchema)]
#[schema(as = Change)]
pub(super) struct ChangeBody {
    /// The state that it led to.
    state: OrderState,
    /// When.
    at: DateTime<Utc>,
    /// The order's version after it.
    version: u32,
}

impl From<StateChange> for ChangeBody {
    fn from(change: StateChange) -> Self {
        Self {
            state: change.state,
            at: change.at,
            version: change.version,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct OrdersQuery {
    /// Whose orders.
    #[param(required = true, nullable = false, min_length = 1)]
    customer_id: Option<String>,
    /// At most so many; 20 if left out, from 1 to 100.
    limit: Option<u32>,
}

/// Shows an order with its history.
#[utoipa::path(get, path = "/views/orders/{orderId}", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The order.", body = OrderWithHistory),
    (status = 404, description = "The view knows no such order; a new one appears within moments."),
))]
pub(super) async fn order(
    State(storefront): State<Storefront>,
    caller: Caller,
    Path(order_id): Path<OrderId>,
) -> Result<Json<OrderWithHistory>, Problem> {
    let view = storefront.view.order(order_id).await?;
    let view = view.filter(|view| caller.may_see(&view.latest().customer_id));
    let view = view.ok_or_else(|| unknown(order_id))?;
    Ok(Json(OrderWithHistory {
        order: view.latest().clone(),
        history: view.history().into_iter().map(ChangeBody::from).collect(),
    }))
}

/// Lists a customer's newest orders.
#[utoipa::path(get, path = "/views/orders", params(OrdersQuery), responses(
    (status = 200, description = "Newest first.", body = Vec<OrderSnapshot>),
))]
pub(super) async fn orders(
    State(storefront): State<Storefront>,
    caller: Caller,
    Query(query): Query<OrdersQuery>,
) -> Result<Json<Vec<OrderSnapshot>>, Problem> {
    let customer_id = caller
        .whose(query.customer_id.filter(|customer_id| !customer_id.is_empty()))?
        .ok_or_else(|| Problem::bad_request("say whose orders: ?customerId=…"))?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    Ok(Json(storefront.view.orders_of(&customer_id, limit).await?))
}

/// Tells of an order's changes as they happen, as server-sent events whose data are snapshots.
#[utoipa::path(get, path = "/views/orders/{orderId}/events", params(
    ("orderId" = OrderId, Path),
    ("last-event-id" = Option<String>, Header, description = "The version that was heard last; sent by browsers."),
), responses(
    (status = 200, description = "The latest snapshot, or what was missed since `Last-Event-ID`; then what \
        follows.", body = String, content_type = "text/event-stream"),
    (status = 204, description = "Nothing more will follow."),
    (status = 404, description = "The view knows no such order; a new one appears within moments."),
))]
pub(super) async fn events(
    State(storefront): State<Storefront>,
    caller: Caller,
    Path(order_id): Path<OrderId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !caller.is_unrestricted() {
        let view = storefront.view.order(order_id).await?;
        if !view.is_some_and(|view| caller.may_see(&view.latest().customer_id)) {
            return Err(unknown(order_id));
        }
    }
    let last_seen = events::last_id(&headers);
    match OrderFeed::open(&storefront, order_id, last_seen).await? {
        OpenedFeed::UnknownOrder => Err(unknown(order_id)),
        // The only response after which a browser does not reconnect.
        OpenedFeed::Ended => Ok(StatusCode::NO_CONTENT.into_response()),
        OpenedFeed::Open(feed) => Ok(stream_of(*feed)),
    }
}

fn stream_of(feed: OrderFeed) -> Response {
    events::response(stream::unfold(feed, |mut feed| async move {
        let snapshot = feed.next().await?;
        Some((events::event(&snapshot.version, &snapshot), feed))
    }))
}

fn unknown(order_id: OrderId) -> Problem {
    Problem::not_found(format!(
        "the view knows no order {order_id}; a new order appears here within moments"
    ))
}
