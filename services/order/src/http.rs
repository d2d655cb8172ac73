//! Orders over HTTP.

mod body;

use crate::app::ports::StoreError;
use crate::app::{CancelError, Orders, PlaceError};
use crate::basket::InvalidOrder;
use crate::domain::Order;
use ::http::{HeaderMap, StatusCode, header};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use body::OrderBody;
use fdp_contracts::{OrderId, OrderSnapshot, check_text};
use fdp_kit::http::{Path, Query};
use fdp_kit::ledger::LedgerError;
use fdp_kit::{Caller, Json, Problem, idempotency, openapi};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const SOME: u32 = 50;
const MOST: u32 = 200;
/// When a customer should try to pay again, in seconds.
const PAY_AGAIN: u32 = 1;

/// The service's routes.
pub fn routes(orders: Orders) -> Router {
    openapi::serve(&openapi(), own_routes().with_state(orders).into())
}

/// What the routes say of themselves.
pub fn openapi() -> OpenApi {
    openapi::document(
        "order",
        "Orders: placed, paid, followed to the door or taken back.",
        own_routes(),
    )
}

fn own_routes() -> OpenApiRouter<Orders> {
    OpenApiRouter::default()
        .routes(routes!(place, list))
        .routes(routes!(show, cancel))
}

/// Places an order and pays it.
///
/// The same `Idempotency-Key` with the same body gives the same order, however often it is sent.
#[utoipa::path(
    post, path = "/orders",
    params(("idempotency-key" = Option<String>, Header, description = "The client's own name for this wish.",
        min_length = 1, max_length = 200, pattern = "^[!-~]+$")),
    request_body(content = OrderBody, examples(
        ("a dish" = (value = json!({"item": "통닭", "storeId": 1}))),
        ("a product" = (value = json!({"productId": "1001", "productName": "TV", "qty": "5", "customerId": "100"}))),
        ("several things" = (value = json!({"customerId": "100", "lines": [
            {"item": "피자", "qty": 2, "unitPrice": 12000}, {"productId": "1001", "qty": 1}]}))),
    )),
    responses(
        (status = 201, description = "Placed and paid.", body = OrderSnapshot,
            headers(("location" = String, description = "Where the order can be seen."))),
        (status = 200, description = "It was placed before, with the same `Idempotency-Key`.", body = OrderSnapshot,
            headers(("location" = String, description = "Where the order can be seen."))),
        (status = 402, description = "The payment was refused; there is no order."),
        (status = 409, description = "The first request with this `Idempotency-Key` is still under way, or the price \
            of a product is another one.",
            headers(("retry-after" = u32, description = "Seconds after which to try again, where that helps."))),
        (status = 422, description = "What is ordered makes no sense, or the `Idempotency-Key` stands for another wish."),
        (status = 503, description = "The payment service does not answer, so that there is no order; or this \
            service is not ready."),
    ),
)]
async fn place(
    State(orders): State<Orders>,
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<OrderBody>,
) -> Result<Response, Problem> {
    let mut wish = body.into_wish()?;
    wish.customer_id = caller.whose(wish.customer_id)?;
    let placed = orders.place(wish, idempotency_key(&headers)?).await?;
    let order = placed.order.snapshot();
    let status = if placed.new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let location = format!("/orders/{}", order.order_id);
    Ok((status, [(header::LOCATION, location)], axum::Json(order)).into_response())
}

/// Shows an order.
#[utoipa::path(get, path = "/orders/{orderId}", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The order.", body = OrderSnapshot),
    (status = 404, description = "There is no such order."),
))]
async fn show(
    State(orders): State<Orders>,
    caller: Caller,
    Path(order_id): Path<OrderId>,
) -> Result<Json<OrderSnapshot>, Problem> {
    Ok(snapshot(&visible(&orders, &caller, order_id).await?))
}

/// The order, if there is one that the caller may know of.
pub(crate) async fn visible(orders: &Orders, caller: &Caller, order_id: OrderId) -> Result<Order, Problem> {
    let found = orders.find(order_id).await?;
    found
        .filter(|order| caller.may_see(&order.snapshot().customer_id))
        .ok_or_else(|| CancelError::NotFound(order_id).into())
}

/// Takes an order back, while the food has not left; its payment is refunded.
#[utoipa::path(delete, path = "/orders/{orderId}", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The order, now cancelled.", body = OrderSnapshot),
    (status = 404, description = "There is no such order."),
    (status = 409, description = "Too late: the food has left, or the order has ended another way."),
))]
async fn cancel(
    State(orders): State<Orders>,
    caller: Caller,
    Path(order_id): Path<OrderId>,
) -> Result<Json<OrderSnapshot>, Problem> {
    if !caller.may_all() {
        visible(&orders, &caller, order_id).await?;
    }
    Ok(snapshot(&orders.cancel(order_id).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only this customer's.
    #[param(max_length = 200)]
    customer_id: Option<String>,
    /// At most so many; 50 if left out, never more than 200.
    limit: Option<u32>,
}

/// Lists the newest orders.
#[utoipa::path(get, path = "/orders", params(Filter), responses(
    (status = 200, description = "Newest first.", body = Vec<OrderSnapshot>),
))]
async fn list(
    State(orders): State<Orders>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<OrderSnapshot>>, Problem> {
    let limit = filter.limit.unwrap_or(SOME).min(MOST);
    let customer_id = caller.whose(filter.customer_id)?;
    if let Some(customer_id) = &customer_id {
        check_text("customerId", customer_id).map_err(|error| Problem::bad_request(error.to_string()))?;
    }
    let found = orders.newest(customer_id.as_deref(), limit).await?;
    Ok(Json(found.iter().map(|order| order.snapshot().clone()).collect()))
}

fn snapshot(order: &Order) -> Json<OrderSnapshot> {
    Json(order.snapshot().clone())
}

/// What the `Idempotency-Key` header says, if it is there.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    Ok(idempotency::idempotency_key(headers)?.map(str::to_owned))
}

/// As of any other ledger: a passing state, data that cannot be kept, or our own fault.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreachable(reason) => LedgerError::Unreachable(reason),
            StoreError::Failed(reason) => LedgerError::Failed(reason),
        }
        .into()
    }
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        let words = error.to_string();
        match error {
            PlaceError::Invalid(InvalidOrder::PriceChanged { .. }) => Self::conflict("price-changed", words),
            PlaceError::Invalid(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-order", words),
            PlaceError::OtherWish => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", words)
            }
            PlaceError::UnderWay => Self {
                retry_after: Some(1),
                ..Self::conflict("order-under-way", words)
            },
            PlaceError::Refused(_) => Self::new(StatusCode::PAYMENT_REQUIRED, "payment-refused", words),
            PlaceError::PaymentUnavailable => Self::unavailable("payment-unavailable", words, PAY_AGAIN),
            PlaceError::Store(error) => error.into(),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NotFound(_) => Self::not_found(error.to_string()),
            CancelError::TooLate(reason) => Self::conflict("order-too-late", reason.to_string()),
            CancelError::Store(error) => error.into(),
        }
    }
}
