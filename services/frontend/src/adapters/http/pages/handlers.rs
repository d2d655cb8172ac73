//! Handlers of the shop's pages and forms.

use super::again::Again;
use super::form_fields::FormFields;
use super::frame::Frame;
use super::message::Message;
use super::order_form::{self, Chosen, Fields};
use super::orders_page::OrdersPage;
use super::payment_page;
use super::plain_pages::WaitingPage;
use super::recipient_fields::recipient;
use super::shop_page::{Notice, ShopPage};
use super::tracking_page::TrackingPage;
use super::visitor::Visitor;
use crate::application::Storefront;
use crate::application::ports::{OrderError, Placement};
use crate::domain::OrderView;
use crate::domain::basket::BasketError;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::Utc;
use fdp_contracts::OrderId;
use fdp_http::{Path, Problem, Query};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::fmt::Write;
use std::time::Duration;
use uuid::Uuid;

/// After how many seconds the shop without any menu is loaded again: by then a store has told what it offers.
const NO_MENU_REFRESH: HeaderValue = HeaderValue::from_static("2");
/// How long the tracking page waits for the first event of a new order.
const FIRST_EVENT_TIMEOUT: Duration = Duration::from_secs(3);
/// The first event of an order that is younger than this may still arrive.
const NEW_ORDER_AGE: chrono::TimeDelta = chrono::TimeDelta::days(1);
/// How many orders "my orders" shows.
const MY_ORDERS_LIMIT: u32 = 50;

#[derive(Debug, Deserialize)]
pub(super) struct TrackQuery {
    /// The name of a message to show.
    notice: Option<String>,
}

pub(super) async fn shop(State(storefront): State<Storefront>, visitor: Visitor) -> Response {
    let assortment = match storefront.assortment().await {
        Ok(assortment) => assortment,
        Err(error) => return visitor.refuse(error),
    };
    let page = ShopPage::new(shop_frame(&visitor), &assortment, &Chosen::new(), new_key(), None);
    let mut response = render(&visitor, StatusCode::OK, &page);
    if assortment.stores.is_empty() {
        response.headers_mut().insert(header::REFRESH, NO_MENU_REFRESH);
    }
    response
}

/// Shows the shop again with what was chosen: its total, or the same in another language. It orders nothing, and the form
/// keeps its key: an order that may have been placed already is the same order in every language.
pub(super) async fn basket(
    State(storefront): State<Storefront>,
    visitor: Visitor,
    FormFields(fields): FormFields,
) -> Response {
    let assortment = match storefront.assortment().await {
        Ok(assortment) => assortment,
        Err(error) => return visitor.refuse(error),
    };
    let shown = order_form::message(&fields).filter(|_| visitor.switches_language);
    let notice = shown.or_else(|| {
        let error = order_form::basket(&fields, &assortment).err()?;
        (error != BasketError::Empty).then(|| error.into())
    });
    let notice = notice.map(|message| Notice { message, again: None });
    let (chosen, key) = (order_form::chosen(&fields), key_of(&fields));
    let page = ShopPage::new(shop_frame(&visitor), &assortment, &chosen, key, notice)
        .with_recipient(recipient(&fields));
    render(&visitor, StatusCode::OK, &page)
}

/// Redirects to the shop, whoever loads the address of a form.
pub(super) async fn to_shop(visitor: Visitor) -> Response {
    visitor.see_other("/")
}

pub(super) async fn place(
    State(storefront): State<Storefront>,
    visitor: Visitor,
    FormFields(fields): FormFields,
) -> Response {
    let key = key_of(&fields);
    let assortment = match storefront.assortment().await {
        Ok(assortment) => assortment,
        Err(error) => return visitor.refuse(error),
    };
    let basket = match order_form::basket(&fields, &assortment) {
        Ok(basket) => basket,
        Err(error) => {
            let status = match error {
                BasketError::PriceChanged
                | BasketError::SoldOut
                | BasketError::Closed
                | BasketError::BelowMinimum => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let notice = Notice {
                message: error.into(),
                again: None,
            };
            return refused(&storefront, &visitor, &fields, key, notice, status).await;
        }
    };
    let recipient = recipient(&fields);
    match storefront
        .place(&visitor.customer_id, &basket, &recipient, &key)
        .await
    {
        Ok(Placement::Placed(order_id)) => visitor.see_other(&format!("/shop/orders/{order_id}")),
        Ok(Placement::AwaitingPayment(order_id)) => visitor.see_other(&payment_page::path_to_pay(order_id)),
        Err(error) => {
            tracing::warn!(%error, "an order from the shop's page was not placed");
            let (status, message, again) = match &error {
                OrderError::Rejected { problem, .. } => (
                    status_of(problem),
                    Message::of_problem(problem),
                    Again::after(problem, &fields),
                ),
                OrderError::Unreachable { .. } => {
                    (StatusCode::SERVICE_UNAVAILABLE, Message::Unavailable, None)
                }
                OrderError::InProgress { .. } | OrderError::NoResponse { .. } => {
                    (StatusCode::GATEWAY_TIMEOUT, Message::NoAnswer, None)
                }
            };
            let notice = Notice { message, again };
            let key = next_key(&error, key);
            let mut response = refused(&storefront, &visitor, &fields, key, notice, status).await;
            if let OrderError::Rejected { problem, .. } = &error
                && let Some(seconds) = problem.retry_after
            {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

pub(super) async fn track(
    State(storefront): State<Storefront>,
    visitor: Visitor,
    Path(order_id): Path<String>,
    Query(query): Query<TrackQuery>,
) -> Response {
    let Ok(order_id) = order_id.parse::<OrderId>() else {
        return no_such_order(&visitor);
    };
    let is_new = is_new(order_id);
    let max_wait = if is_new {
        FIRST_EVENT_TIMEOUT
    } else {
        Duration::ZERO
    };
    match storefront.wait_for_order(order_id, max_wait).await {
        Ok(Some(view)) if !visitor.may_see(&view.latest().customer_id) => no_such_order(&visitor),
        Ok(Some(view)) => tracking_page(&storefront, &visitor, &view, query.notice.as_deref()).await,
        Ok(None) if is_new => {
            let page = WaitingPage::new(visitor.frame(), order_id);
            render(&visitor, StatusCode::NOT_FOUND, &page)
        }
        Ok(None) => no_such_order(&visitor),
        Err(error) => visitor.refuse(error),
    }
}

pub(super) async fn cancel(
    State(storefront): State<Storefront>,
    visitor: Visitor,
    Path(order_id): Path<String>,
) -> Response {
    let Ok(order_id) = order_id.parse::<OrderId>() else {
        return no_such_order(&visitor);
    };
    if !visitor.is_unrestricted() {
        let view = storefront.wait_for_order(order_id, FIRST_EVENT_TIMEOUT).await;
        match view {
            Ok(Some(view)) if visitor.may_see(&view.latest().customer_id) => {}
            Ok(_) => return no_such_order(&visitor),
            Err(error) => return visitor.refuse(error),
        }
    }
    let page = format!("/shop/orders/{order_id}");
    match storefront.cancel(order_id).await {
        Ok(()) => visitor.see_other(&page),
        Err(error) => {
            tracing::warn!(%error, %order_id, "an order was not cancelled");
            let notice = match error {
                OrderError::Rejected { problem, .. } if problem.status == 409 => Message::TooLate,
                _ => Message::NotCancelled,
            };
            visitor.see_other(&format!("{page}?notice={}", notice.slug()))
        }
    }
}

/// Redirects to the visitor's messages, which another service shows.
pub(super) async fn messages(visitor: Visitor) -> Response {
    let (customer, language) = (percent_encoded(&visitor.customer_id), visitor.language.code());
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

pub(super) async fn my_orders(State(storefront): State<Storefront>, visitor: Visitor) -> Response {
    let orders = storefront
        .view
        .orders_of(&visitor.customer_id, MY_ORDERS_LIMIT)
        .await;
    let orders = match orders {
        Ok(orders) => orders,
        Err(error) => return visitor.refuse(error),
    };
    match storefront.stores_of(&orders).await {
        Ok(stores) => {
            let page = OrdersPage::new(visitor.frame(), &orders, &stores);
            render(&visitor, StatusCode::OK, &page)
        }
        Err(error) => visitor.refuse(error),
    }
}

async fn tracking_page(
    storefront: &Storefront,
    visitor: &Visitor,
    view: &OrderView,
    notice: Option<&str>,
) -> Response {
    let order = view.latest();
    let (stores, recipient) = tokio::join!(
        storefront.stores_of(std::slice::from_ref(order)),
        storefront.recipient_of(order.order_id),
    );
    match stores {
        Ok(stores) => {
            let notice = notice.and_then(Message::of_slug);
            let page = TrackingPage::new(visitor.frame(), view, &stores, notice).with_recipient(recipient);
            render(visitor, StatusCode::OK, &page)
        }
        Err(error) => visitor.refuse(error),
    }
}

/// The shop, with what was chosen and why it was not ordered.
async fn refused(
    storefront: &Storefront,
    visitor: &Visitor,
    fields: &Fields,
    key: String,
    notice: Notice,
    status: StatusCode,
) -> Response {
    // Read again: it may have changed while the order was being placed.
    match storefront.assortment().await {
        Ok(assortment) => {
            let chosen = order_form::chosen(fields);
            let page = ShopPage::new(shop_frame(visitor), &assortment, &chosen, key, Some(notice))
                .with_recipient(recipient(fields));
            render(visitor, status, &page)
        }
        Err(error) => visitor.refuse(error),
    }
}

/// The frame of the shop, which is also the response to its form: the form's own path shows another page.
fn shop_frame(visitor: &Visitor) -> Frame {
    visitor.frame_at("/")
}

/// The response about an order that there is not, or that is somebody else's.
pub(super) fn no_such_order(visitor: &Visitor) -> Response {
    let problem = Problem::new(StatusCode::NOT_FOUND, "no-such-order", "there is no such order");
    visitor.refuse(problem)
}

/// The response with a rendered page.
pub(super) fn render(visitor: &Visitor, status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => visitor.respond(status, html),
        Err(error) => visitor.refuse(Problem::internal("rendering a page", &error)),
    }
}

fn status_of(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY)
}

/// The key of the next submission. After a rejection, the next submission is a new order. Otherwise the order may have
/// been placed anyway, so the next submission repeats it.
fn next_key(error: &OrderError, key: String) -> String {
    match error {
        OrderError::Rejected { problem, .. } if problem.status < 500 => new_key(),
        _ => key,
    }
}

/// The key of a form; a new one if it has none.
fn key_of(fields: &Fields) -> String {
    order_form::value(fields, "key")
        .filter(|key| !key.is_empty())
        .map_or_else(new_key, str::to_owned)
}

fn new_key() -> String {
    Uuid::now_v7().simple().to_string()
}

/// Whether an order may still be missing in the view; its id contains the time of its creation.
fn is_new(order_id: OrderId) -> bool {
    order_id
        .uuid()
        .get_timestamp()
        .and_then(|created| chrono::DateTime::from_timestamp(i64::try_from(created.to_unix().0).ok()?, 0))
        .is_some_and(|created| Utc::now() - created < NEW_ORDER_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_after_a_rejection_the_next_submission_is_a_new_order() {
        let operation = "placing an order";
        let rejected = |status| OrderError::Rejected {
            operation,
            problem: Problem::new(status, "some-reason", "because"),
        };
        for status in [
            StatusCode::PAYMENT_REQUIRED,
            StatusCode::CONFLICT,
            StatusCode::UNPROCESSABLE_ENTITY,
        ] {
            assert_ne!(next_key(&rejected(status), "k".into()), "k", "{status}");
        }
        for status in [
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ] {
            assert_eq!(next_key(&rejected(status), "k".into()), "k", "{status}");
        }
        assert_eq!(next_key(&OrderError::InProgress { operation }, "k".into()), "k");
    }

    #[test]
    fn an_id_in_a_url_cannot_add_a_parameter() {
        assert_eq!(percent_encoded("kim-1"), "kim-1");
        assert_eq!(percent_encoded("a&b=ㄱ"), "a%26b%3D%E3%84%B1");
    }
}
