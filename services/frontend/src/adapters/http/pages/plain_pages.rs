//! Two pages with one message: an order that is not in the view yet, and an error.

use super::frame::Frame;
use askama::Template;
use fdp_contracts::OrderId;

/// An order whose first event has not arrived yet; the page reloads by itself.
#[derive(Debug, Template)]
#[template(path = "waiting.html")]
pub(super) struct WaitingPage {
    frame: Frame,
    order_id: OrderId,
}

impl WaitingPage {
    /// The page of this order.
    pub(super) fn new(frame: Frame, order_id: OrderId) -> Self {
        Self { frame, order_id }
    }
}

/// An error.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub(super) struct ErrorPage {
    frame: Frame,
    message: String,
}

impl ErrorPage {
    /// The page with this message.
    pub(super) fn new(frame: Frame, message: String) -> Self {
        Self { frame, message }
    }
}
