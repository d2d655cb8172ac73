//! Two pages with little on them: an order that is not here yet, and an error.

use super::Frame;
use askama::Template;
use fdp_contracts::OrderId;

/// An order whose first event is still on its way; the page looks again by itself.
#[derive(Debug, Template)]
#[template(path = "waiting.html")]
pub struct WaitingPage {
    frame: Frame,
    order_id: OrderId,
}

impl WaitingPage {
    /// The page of this order.
    pub fn new(frame: Frame, order_id: OrderId) -> Self {
        Self { frame, order_id }
    }
}

/// Something did not work, in words.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    frame: Frame,
    said: String,
}

impl ErrorPage {
    /// The page that says it.
    pub fn new(frame: Frame, said: String) -> Self {
        Self { frame, said }
    }
}
