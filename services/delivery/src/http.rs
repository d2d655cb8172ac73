//! Deliveries over HTTP: one path for each of the rider's commands.

use crate::app::{Deliveries, DeliveryError};
use crate::domain::{Command, Delivery};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use fdp_contracts::{DeliverySnapshot, DeliveryState, OrderId};
use fdp_kit::http::{Path, Query};
use fdp_kit::{Json, Problem};
use serde::Deserialize;

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

/// The service's routes.
pub fn routes(deliveries: Deliveries) -> Router {
    Router::new()
        .route("/deliveries", get(list))
        .route("/deliveries/{orderId}", get(find))
        .route("/deliveries/{orderId}/start", post(start))
        .route("/deliveries/{orderId}/deliver", post(deliver))
        .with_state(deliveries)
}

impl From<DeliveryError> for Problem {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::NotFound(_) => Self::not_found(error.to_string()),
            DeliveryError::Refused(refusal) => Self::conflict("delivery-state", refusal.to_string()),
            DeliveryError::Database(error) => error.into(),
        }
    }
}

type One = Result<Json<DeliverySnapshot>, Problem>;

async fn find(State(deliveries): State<Deliveries>, Path(order_id): Path<OrderId>) -> One {
    Ok(Json(deliveries.delivery(order_id).await?.snapshot()))
}

async fn start(State(deliveries): State<Deliveries>, Path(order_id): Path<OrderId>) -> One {
    Ok(Json(
        deliveries.command(order_id, Command::Start).await?.snapshot(),
    ))
}

async fn deliver(State(deliveries): State<Deliveries>, Path(order_id): Path<OrderId>) -> One {
    Ok(Json(
        deliveries.command(order_id, Command::Deliver).await?.snapshot(),
    ))
}

#[derive(Deserialize)]
struct Filter {
    state: Option<DeliveryState>,
    limit: Option<u32>,
}

async fn list(
    State(deliveries): State<Deliveries>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<DeliverySnapshot>>, Problem> {
    let limit = filter.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    let deliveries = deliveries.deliveries(filter.state, limit).await?;
    Ok(Json(deliveries.iter().map(Delivery::snapshot).collect()))
}
