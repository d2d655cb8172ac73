//! The view's API: one order with its history, a customer's orders, and the changes of an order as they happen.

use crate::app::App;
use crate::domain::Change;
use crate::feed::{Feed, Opened};
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use fdp_contracts::{OrderId, OrderSnapshot};
use fdp_kit::http::{Path, Query};
use fdp_kit::{Json, Problem};
use futures::stream;
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a browser comes back after a stream ended.
const RETRY: Duration = Duration::from_secs(1);
const DEFAULT_LIMIT: u32 = 20;
const HIGHEST_LIMIT: u32 = 100;

#[derive(Serialize)]
pub(super) struct OrderWithHistory {
    #[serde(flatten)]
    order: OrderSnapshot,
    history: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrdersQuery {
    customer_id: Option<String>,
    limit: Option<u32>,
}

pub(super) async fn order(
    State(app): State<App>,
    Path(order_id): Path<OrderId>,
) -> Result<Json<OrderWithHistory>, Problem> {
    let view = app.order(order_id).await?.ok_or_else(|| unknown(order_id))?;
    Ok(Json(OrderWithHistory {
        order: view.latest().clone(),
        history: view.history(),
    }))
}

pub(super) async fn orders(
    State(app): State<App>,
    Query(query): Query<OrdersQuery>,
) -> Result<Json<Vec<OrderSnapshot>>, Problem> {
    let customer_id = query
        .customer_id
        .filter(|customer_id| !customer_id.is_empty())
        .ok_or_else(|| Problem::bad_request("say whose orders: ?customerId=…"))?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, HIGHEST_LIMIT);
    Ok(Json(app.orders_of(&customer_id, limit).await?))
}

pub(super) async fn events(
    State(app): State<App>,
    Path(order_id): Path<OrderId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // A browser that comes back says what it heard last; an id that is no version starts anew.
    let heard = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .and_then(|id| id.trim().parse().ok());
    match Feed::open(&app, order_id, heard).await? {
        Opened::Unknown => Err(unknown(order_id)),
        // The one answer after which a browser does not come back.
        Opened::NothingMore => Ok(StatusCode::NO_CONTENT.into_response()),
        Opened::Feed(feed) => Ok(stream_of(*feed)),
    }
}

fn stream_of(feed: Feed) -> Response {
    let events = stream::unfold(feed, |mut feed| async move {
        let snapshot = feed.next().await?;
        let event = Event::default()
            .id(snapshot.version.to_string())
            .retry(RETRY)
            .json_data(&snapshot);
        Some((event, feed))
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive");
    // Proxies that gather answers before they pass them on are told not to.
    let unbuffered = [
        (HeaderName::from_static("x-accel-buffering"), "no"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (unbuffered, Sse::new(events).keep_alive(keep_alive)).into_response()
}

fn unknown(order_id: OrderId) -> Problem {
    Problem::not_found(format!(
        "the view knows no order {order_id}; a new order appears here within moments"
    ))
}
