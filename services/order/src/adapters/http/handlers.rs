//! The handlers of the routes.

use crate::adapters::http::order_body::OrderBody;
use crate::adapters::requests::{idempotency_key, page_size, visible_order};
use crate::application::Orders;
use crate::domain::Order;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fdp_contracts::{OrderId, OrderSnapshot, check_text};
use fdp_http::{Caller, Json, JsonObject, Path, Problem, Query};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;

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
            {"item": "통닭", "qty": 2, "unitPrice": 18000}, {"productId": "1001", "qty": 1}]}))),
    )),
    responses(
        (status = 201, description = "Placed and paid.", body = OrderSnapshot,
            headers(("location" = String, description = "Where the order can be seen."))),
        (status = 200, description = "It was placed before, with the same `Idempotency-Key`.", body = OrderSnapshot,
            headers(("location" = String, description = "Where the order can be seen."))),
        (status = 402, description = "The payment was refused; there is no order."),
        (status = 409, description = "The first request with this `Idempotency-Key` is still under way, a price is \
            another one, something is sold out, or the store is closed.",
            headers(("retry-after" = u32, description = "Seconds after which to try again, where that helps."))),
        (status = 422, description = "There is no such store, dish or product, what is ordered makes no sense, or the \
            `Idempotency-Key` stands for another wish."),
        (status = 503, description = "The payment service does not answer, or so many are paying that it would take \
            too long: there is no order. Or no store has told yet what it offers, or this service is not ready.",
            headers(("retry-after" = u32, description = "Seconds after which to try again."))),
    ),
)]
pub(super) async fn place(
    State(orders): State<Orders>,
    caller: Caller,
    headers: HeaderMap,
    JsonObject(body): JsonObject<OrderBody>,
) -> Result<Response, Problem> {
    let mut request = body.into_request()?;
    request.customer_id = caller.whose(request.customer_id)?;
    let placed = orders.place(request, idempotency_key(&headers)?).await?;
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
pub(super) async fn show(
    State(orders): State<Orders>,
    caller: Caller,
    Path(order_id): Path<OrderId>,
) -> Result<Json<OrderSnapshot>, Problem> {
    Ok(snapshot(&visible_order(&orders, &caller, order_id).await?))
}

/// Takes an order back, while the food has not left; its payment is refunded.
#[utoipa::path(delete, path = "/orders/{orderId}", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The order, now cancelled.", body = OrderSnapshot),
    (status = 404, description = "There is no such order."),
    (status = 409, description = "Too late: the food has left, or the order has ended another way."),
))]
pub(super) async fn cancel(
    State(orders): State<Orders>,
    caller: Caller,
    Path(order_id): Path<OrderId>,
) -> Result<Json<OrderSnapshot>, Problem> {
    if !caller.is_unrestricted() {
        visible_order(&orders, &caller, order_id).await?;
    }
    Ok(snapshot(&orders.cancel(order_id).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct OrderFilter {
    /// Only this customer's.
    #[param(max_length = 200)]
    customer_id: Option<String>,
    /// At most so many; 50 if left out, never more than 200.
    limit: Option<u32>,
}

/// Lists the newest orders.
#[utoipa::path(get, path = "/orders", params(OrderFilter), responses(
    (status = 200, description = "Newest first.", body = Vec<OrderSnapshot>),
))]
pub(super) async fn list(
    State(orders): State<Orders>,
    caller: Caller,
    Query(filter): Query<OrderFilter>,
) -> Result<Json<Vec<OrderSnapshot>>, Problem> {
    let limit = page_size(filter.limit);
    let customer_id = caller.whose(filter.customer_id)?;
    if let Some(customer_id) = &customer_id {
        check_text("customerId", customer_id)?;
    }
    let found = orders.newest(customer_id.as_deref(), limit).await?;
    Ok(Json(found.iter().map(|order| order.snapshot().clone()).collect()))
}

fn snapshot(order: &Order) -> Json<OrderSnapshot> {
    Json(order.snapshot().clone())
}
