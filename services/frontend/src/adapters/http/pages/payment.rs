//! Handlers of the pages to which customers come back from a payment provider.

use super::handlers::{no_such_order, render};
use super::payment_page::{self, NotPaidPage, PaymentPage};
use super::visitor::Visitor;
use crate::application::Storefront;
use crate::application::ports::{OrderError, PaymentStanding};
use axum::extract::State;
use axum::response::Response;
use fdp_contracts::{AwaitingPayment, OrderId};
use fdp_http::{Path, Problem, Query};
use http::StatusCode;
use serde::Deserialize;

/// After how many seconds a page that could not ask the order service is loaded again.
const RETRY_AFTER: u32 = 2;

#[derive(Debug, Deserialize)]
pub(super) struct PaymentQuery {
    /// Whether the page leads on to the payment by itself; see [`payment_page::path_to_pay`].
    go: Option<String>,
}

pub(super) async fn show(
    State(storefront): State<Storefront>,
    visitor: Visitor,
    Path(order_id): Path<String>,
    Query(query): Query<PaymentQuery>,
) -> Response {
    match awaited(&storefront, &visitor, &order_id).await {
        Ok(awaiting) => {
            let page = PaymentPage::new(visitor.frame(), awaiting, query.go.is_some());
            render(&visitor, StatusCode::OK, &page)
        }
        Err(response) => response,
    }
}

/// Gives up what is not paid yet. What has just been paid is cancelled like any other order.
pub(super) async fn give_up(
    State(storefront): State<Storefront>,
    visitor: Visitor,
    Path(order_id): Path<String>,
) -> Response {
    let order_id = match awaited(&storefront, &visitor, &order_id).await {
        Ok(awaiting) => awaiting.order_id,
        Err(response) => return response,
    };
    match storefront.cancel(order_id).await {
        Ok(()) => visitor.see_other(&payment_page::path(order_id)),
        Err(error) => refuse(&visitor, &error),
    }
}

/// What the visitor has yet to pay, or else the response that says what has become of it.
async fn awaited(
    storefront: &Storefront,
    visitor: &Visitor,
    order_id: &str,
) -> Result<AwaitingPayment, Response> {
    let Ok(order_id) = order_id.parse::<OrderId>() else {
        return Err(no_such_order(visitor));
    };
    Err(match storefront.payment_of(order_id).await {
        Ok(PaymentStanding::Awaited(awaiting)) if visitor.may_see(&awaiting.customer_id) => {
            return Ok(awaiting);
        }
        // Whose order it is, its own page checks.
        Ok(PaymentStanding::Placed) => visitor.see_other(&format!("/shop/orders/{order_id}")),
        Ok(PaymentStanding::NotPaid) => {
            let page = NotPaidPage::new(visitor.frame(), order_id);
            render(visitor, StatusCode::GONE, &page)
        }
        Ok(PaymentStanding::Awaited(_) | PaymentStanding::Unknown) => no_such_order(visitor),
        Err(error) => refuse(visitor, &error),
    })
}

fn refuse(visitor: &Visitor, error: &OrderError) -> Response {
    tracing::warn!(%error, "what has become of a payment is not known");
    match error {
        OrderError::Rejected { problem, .. } => visitor.refuse(problem.clone()),
        _ => visitor.refuse(Problem::unavailable(
            "unavailable",
            "the order service does not answer; load this page again in a moment",
            RETRY_AFTER,
        )),
    }
}
