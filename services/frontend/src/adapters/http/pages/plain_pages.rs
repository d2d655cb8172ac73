//! Two pages with one message: an order that is not in the view yet, and an error.

use super::frame::Frame;
use super::message::Message;
use askama::Template;
use fdp_contracts::OrderId;
use fdp_http::Problem;
use fdp_http::problem_page::Reader;
use fdp_runtime::trace;

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

/// An error, from the message about a problem.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub(super) struct ErrorPage {
    frame: Frame,
    message: &'static str,
    /// Whether loading the page again may help.
    can_retry: bool,
    /// Whether it is loaded again by itself.
    refreshes: bool,
    /// The trace of a request that failed on our side.
    reference: Option<String>,
}

impl ErrorPage {
    /// The page about a `problem` for its reader.
    pub(super) fn new(reader: &Reader, problem: &Problem) -> Self {
        let is_ours = problem.status >= 500;
        let query = reader.uri.query().unwrap_or_default();
        Self {
            frame: Frame::new(reader.language, reader.uri.path()).with_query(query),
            message: Message::of_problem(problem).text(reader.language),
            can_retry: reader.only_reads() && (is_ours || problem.retry_after.is_some()),
            refreshes: reader.refresh_after(problem).is_some(),
            reference: trace::current_header()
                .filter(|_| is_ours)
                .and_then(|header| Some(header.split('-').nth(1)?.to_owned())),
        }
    }
}
