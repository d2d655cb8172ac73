//! The shop's pages and forms.

use super::visitor::Visitor;
use crate::app::App;
use crate::basket::{self, Basket, BasketError, Chosen};
use crate::clients::OrderError;
use crate::pages::{ErrorPage, Frame, OrdersPage, ShopPage, TrackingPage, WaitingPage, words};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono::Utc;
use fdp_contracts::OrderId;
use fdp_kit::Problem;
use http::StatusCode;
use serde::Deserialize;
use std::fmt::Write;
use std::time::Duration;
use uuid::Uuid;

/// How long the tracking page waits for an order that was just placed.
const PATIENCE: Duration = Duration::from_secs(3);
/// How young an order must be for us to believe that its first event is still on its way.
const YOUNG: chrono::TimeDelta = chrono::TimeDelta::days(1);
/// How many orders "my orders" shows.
const MY_ORDERS: u32 = 50;

/// A form as sent: names and values.
type Fields = Vec<(String, String)>;

#[derive(Debug, Deserialize)]
pub(super) struct TrackQuery {
    /// The slug of a problem to tell in words.
    notice: Option<String>,
}

pub(super) async fn shop(State(app): State<App>, visitor: Visitor) -> Response {
    shop_page(&app, &visitor, Chosen::new(), new_key(), None, StatusCode::OK).await
}

pub(super) async fn place(State(app): State<App>, visitor: Visitor, Form(fields): Form<Fields>) -> Response {
    let text = visitor.frame().text;
    let key = fields
        .iter()
        .find(|(name, value)| name == "key" && !value.is_empty())
        .map_or_else(new_key, |(_, key)| key.clone());
    let products = match app.products().await {
        Ok(products) => products,
        Err(error) => return error_page(&visitor, &error.into()),
    };
    let chosen = basket::chosen(&fields);
    let basket = match Basket::read(&fields, &products, app.product_price) {
        Ok(basket) => basket,
        Err(error) => {
            let status = match error {
                BasketError::PriceChanged => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let said = words::basket(text, error);
            return shop_page(&app, &visitor, chosen, key, Some(said), status).await;
        }
    };
    match app.place(&visitor.customer_id, &basket, &key).await {
        Ok(order_id) => visitor.see_other(&format!("/shop/orders/{order_id}")),
        Err(error) => {
            tracing::warn!(%error, "an order from the shop's page was not placed");
            let (status, said) = match &error {
                OrderError::Refused { problem, .. } => (status_of(problem), words::problem(text, problem)),
                OrderError::Unreachable { .. } => {
                    (StatusCode::SERVICE_UNAVAILABLE, text.unavailable.to_owned())
                }
                OrderError::UnderWay { .. } | OrderError::NoAnswer { .. } => {
                    (StatusCode::GATEWAY_TIMEOUT, text.no_answer.to_owned())
                }
            };
            shop_page(&app, &visitor, chosen, next_key(&error, key), Some(said), status).await
        }
    }
}

pub(super) async fn track(
    State(app): State<App>,
    visitor: Visitor,
    Path(order_id): Path<String>,
    Query(query): Query<TrackQuery>,
) -> Response {
    let Ok(order_id) = order_id.parse::<OrderId>() else {
        return no_such_order(&visitor);
    };
    let young = is_young(order_id);
    let patience = if young { PATIENCE } else { Duration::ZERO };
    match app.order_soon(order_id, patience).await {
        Ok(Some(view)) if !visitor.may_see(&view.latest().customer_id) => no_such_order(&visitor),
        Ok(Some(view)) => {
            let frame = visitor.frame();
            let notice = query
                .notice
                .as_deref()
                .map(|slug| words::notice(frame.text, slug));
            render(&visitor, StatusCode::OK, &TrackingPage::new(frame, &view, notice))
        }
        Ok(None) if young => {
            let page = WaitingPage::new(visitor.frame(), order_id);
            render(&visitor, StatusCode::NOT_FOUND, &page)
        }
        Ok(None) => no_such_order(&visitor),
        Err(error) => error_page(&visitor, &error.into()),
    }
}

pub(super) async fn cancel(
    State(app): State<App>,
    visitor: Visitor,
    Path(order_id): Path<String>,
) -> Response {
    let Ok(order_id) = order_id.parse::<OrderId>() else {
        return no_such_order(&visitor);
    };
    if !visitor.may_all() {
        let view = app.order_soon(order_id, PATIENCE).await;
        match view {
            Ok(Some(view)) if visitor.may_see(&view.latest().customer_id) => {}
            Ok(_) => return no_such_order(&visitor),
            Err(error) => return error_page(&visitor, &error.into()),
        }
    }
    let page = format!("/shop/orders/{order_id}");
    match app.cancel(order_id).await {
        Ok(()) => visitor.see_other(&page),
        Err(error) => {
            tracing::warn!(%error, %order_id, "an order was not cancelled");
            let notice = match error {
                OrderError::Refused { problem, .. } if problem.status == 409 => words::TOO_LATE,
                _ => words::NOT_CANCELLED,
            };
            visitor.see_other(&format!("{page}?notice={notice}"))
        }
    }
}

/// On to the visitor's messages, which are another service's.
pub(super) async fn messages(visitor: Visitor) -> Response {
    let (customer, language) = (percent_encoded(&visitor.customer_id), visitor.language.tag());
    visitor.see_other(&format!("/notifications?customerId={customer}&lang={language}"))
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

pub(super) async fn my_orders(State(app): State<App>, visitor: Visitor) -> Response {
    match app.orders_of(&visitor.customer_id, MY_ORDERS).await {
        Ok(orders) => render(
            &visitor,
            StatusCode::OK,
            &OrdersPage::new(visitor.frame(), &orders),
        ),
        Err(error) => error_page(&visitor, &error.into()),
    }
}

async fn shop_page(
    app: &App,
    visitor: &Visitor,
    chosen: Chosen,
    key: String,
    problem: Option<String>,
    status: StatusCode,
) -> Response {
    match app.products().await {
        Ok(products) => {
            // Also as the answer to the form, whose own address shows other things.
            let frame = Frame::new(visitor.language, "/");
            let page = ShopPage::new(frame, &products, app.product_price, &chosen, key, problem);
            render(visitor, status, &page)
        }
        Err(error) => error_page(visitor, &error.into()),
    }
}

fn no_such_order(visitor: &Visitor) -> Response {
    let frame = visitor.frame();
    let said = frame.text.no_such_order.to_owned();
    render(visitor, StatusCode::NOT_FOUND, &ErrorPage::new(frame, said))
}

fn error_page(visitor: &Visitor, problem: &Problem) -> Response {
    let frame = visitor.frame();
    let said = words::problem(frame.text, problem);
    render(visitor, status_of(problem), &ErrorPage::new(frame, said))
}

fn render(visitor: &Visitor, status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => visitor.answer(status, html),
        Err(error) => {
            use axum::response::IntoResponse;
            Problem::internal("rendering a page", &error).into_response()
        }
    }
}

fn status_of(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY)
}

/// The key of the next try. After a clear no that is a new order; in any other case the order may have been placed all
/// the same, and the next try repeats this one.
fn next_key(error: &OrderError, key: String) -> String {
    match error {
        OrderError::Refused { problem, .. } if problem.status < 500 => new_key(),
        _ => key,
    }
}

fn new_key() -> String {
    Uuid::now_v7().simple().to_string()
}

/// An order's id tells when it was made.
fn is_young(order_id: OrderId) -> bool {
    order_id
        .uuid()
        .get_timestamp()
        .and_then(|made| chrono::DateTime::from_timestamp(i64::try_from(made.to_unix().0).ok()?, 0))
        .is_some_and(|made| Utc::now() - made < YOUNG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_no_makes_the_next_try_another_order() {
        let doing = "placing an order";
        let refused = |status| OrderError::Refused {
            doing,
            problem: Problem::new(status, "some-reason", "because"),
        };
        for status in [
            StatusCode::PAYMENT_REQUIRED,
            StatusCode::CONFLICT,
            StatusCode::UNPROCESSABLE_ENTITY,
        ] {
            assert_ne!(next_key(&refused(status), "k".into()), "k", "{status}");
        }
        for status in [
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ] {
            assert_eq!(next_key(&refused(status), "k".into()), "k", "{status}");
        }
        assert_eq!(next_key(&OrderError::UnderWay { doing }, "k".into()), "k");
    }

    #[test]
    fn an_id_in_an_address_cannot_bring_a_parameter_along() {
        assert_eq!(percent_encoded("kim-1"), "kim-1");
        assert_eq!(percent_encoded("a&b=ㄱ"), "a%26b%3D%E3%84%B1");
    }
}
