//! The handlers of the routes.

use crate::adapters::http::order_body::OrderBody;
use crate::adapters::requests::{awaiting_payment, idempotency_key, page_size, visible};
use crate::application::{Cancelled, Found, Orders, PlaceError, Placement};
use crate::domain::{AwaitingOrder, Order};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fdp_contracts::{AwaitingPayment, AwaitingPaymentState, OrderId, OrderSnapshot, check_text};
use fdp_http::{Caller, Json, JsonObject, Path, Problem, Query};
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;

/// Places an order and pays it.
///
/// The same `Idempotency-Key` with the same body gives the same order, however often it is sent. Where customers pay at a
/// provider, it is placed once that is done; until then the same `Idempotency-Key` gives the same place to pay.
#[utoipa::path(
    post, path = "/orders",
    params(("idempotency-key" = Option<String>, Header, description = "The client's own name for this wish.",
        min_length = 1, max_length = 200, pattern = "^[!-~]+$")),
    request_body(content = OrderBody, examples(
        ("a dish" = (value = json!({"item": "통닭", "storeId": 1}))),
        ("a product" = (value = json!({"productId": "1001", "productName": "TV", "qty": "5", "customerId": "100"}))),
        ("several things" = (value = json!({"customerId": "100", "lines": [
            {"item": "통닭", "qty": 2, "unitPrice": 18000}, {"productId": "1001", "qty": 1}]}))),
        ("to somebody's door" = (value = json!({"item": "통닭", "deliverTo": {"name": "김철수",
            "address": "서울시 중구 세종대로 110, 301호", "phone": "010-1234-5678", "note": "문 앞에 놓아 주세요"}}))),
    )),
    responses(
        (status = 201, description = "Placed and paid.", body = OrderSnapshot,
            headers(("location" = String, description = "Where the order can be seen."))),
        (status = 200, description = "It was placed before, with the same `Idempotency-Key`.", body = OrderSnapshot,
            headers(("location" = String, description = "Where the order can be seen."))),
        (status = 202, description = "Its customer has to pay at `payUrl` until `expiresAt`; once that is done, it is an \
            order with the same id. Until then it is none.", body = AwaitingPayment,
            headers(("location" = String, description = "Where the order can be seen."))),
        (status = 402, description = "The payment was refused; there is no order."),
        (status = 409, description = "The first request with this `Idempotency-Key` is still under way, a price is \
            another one, something is sold out, or the store is closed.",
            headers(("retry-after" = u32, description = "Seconds after which to try again, where that helps."))),
        (status = 410, description = "The payment that the first request with this `Idempotency-Key` waited for was not \
            finished in time, or was given up: there is no order, and nothing is charged."),
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
    Ok(match orders.place(request, idempotency_key(&headers)?).await? {
        Placement::Placed(placed) => {
            let status = if placed.new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            let order = placed.order.snapshot();
            (status, [location(order.order_id)], axum::Json(order)).into_response()
        }
        Placement::AwaitingPayment(awaiting) => {
            let location = location(awaiting.order_id());
            let answer = not_an_order(&awaiting, AwaitingPaymentState::AwaitingPayment);
            ([location], answer).into_response()
        }
    })
}

/// Where the order is shown.
fn location(order_id: OrderId) -> (HeaderName, String) {
    (header::LOCATION, format!("/orders/{order_id}"))
}

/// The answer about what has yet to become an order, or never will.
fn not_an_order(awaiting: &AwaitingOrder, state: AwaitingPaymentState) -> Response {
    let body = awaiting_payment(awaiting, state);
    (StatusCode::ACCEPTED, axum::Json(body)).into_response()
}

/// Shows an order.
#[utoipa::path(get, path = "/orders/{orderId}", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The order.", body = OrderSnapshot),
    (status = 202, description = "It is no order yet: it waits for its customer to pay.", body = AwaitingPayment),
    (status = 404, description = "There is no such order."),
    (status = 410, description = "It waited for its customer to pay, in vain: there is no order, and nothing is charged."),
))]
pub(super) async fn show(
    State(orders): State<Orders>,
    caller: Caller,
    Path(order_id): Path<OrderId>,
) -> Result<Response, Problem> {
    match visible(&orders, &caller, order_id).await? {
        Found::Order(order) => Ok(snapshot(&order).into_response()),
        Found::AwaitingPayment(awaiting) => {
            Ok(not_an_order(&awaiting, AwaitingPaymentState::AwaitingPayment))
        }
        Found::NotPaid(_) => Err(PlaceError::NotPaid.into()),
    }
}

/// Takes an order back, while the food has not left; its payment is refunded. What waits for its customer to pay is given up.
#[utoipa::path(delete, path = "/orders/{orderId}", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "The order, now cancelled.", body = OrderSnapshot),
    (status = 202, description = "It was no order yet and never becomes one; nothing is charged.", body = AwaitingPayment),
    (status = 404, description = "There is no such order."),
    (status = 409, description = "Too late: the food has left, or the order has ended another way."),
))]
pub(super) async fn cancel(
    State(orders): State<Orders>,
    caller: Caller,
    Path(order_id): Path<OrderId>,
) -> Result<Response, Problem> {
    if !caller.is_unrestricted() {
        visible(&orders, &caller, order_id).await?;
    }
    Ok(match orders.cancel(order_id).await? {
        Cancelled::Order(order) => snapshot(&order).into_response(),
        Cancelled::GivenUp(awaiting) => not_an_order(&awaiting, AwaitingPaymentState::Cancelled),
    })
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
