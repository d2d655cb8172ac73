//! What customers and their banks do: on the page, or as the test says.

use crate::books::{IntentStatus, SessionStatus};
use crate::peer::{Shared, StripePeer};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::StatusCode;
use std::sync::Arc;

/// The page on which customers pay: a browser may open it.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/c/pay/{id}", get(page).post(confirm))
}

async fn page(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let books = shared.books.lock().unwrap();
    match books.session(&id) {
        Ok(session) if session.status == SessionStatus::Open => Html(format!(
            "<!doctype html><title>Pay</title><form method=\"post\"><button id=\"pay\">Pay {} won</button></form>",
            session.amount
        ))
        .into_response(),
        Ok(_) => (StatusCode::GONE, "this page cannot be used any more").into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn confirm(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    if !pays(&shared, &id) {
        return (StatusCode::GONE, "this page cannot be used any more").into_response();
    }
    let success_url = shared
        .books
        .lock()
        .unwrap()
        .session(&id)
        .unwrap()
        .success_url
        .clone();
    Redirect::to(&success_url).into_response()
}

/// The customer pays on a page, if that is possible.
fn pays(shared: &Shared, session_id: &str) -> bool {
    let mut books = shared.books.lock().unwrap();
    let is_open = books
        .session(session_id)
        .is_ok_and(|session| session.status == SessionStatus::Open);
    if is_open {
        let intent = books.intent_of_session(session_id);
        books.intent_mut(&intent).status = IntentStatus::RequiresCapture;
        books.session_mut(session_id).status = SessionStatus::Complete;
    }
    is_open
}

impl StripePeer {
    fn session_id(&self, order_id: &str) -> String {
        self.with_books(|books| {
            let session = books.session_of(order_id);
            session
                .unwrap_or_else(|| panic!("no page for {order_id}"))
                .id
                .clone()
        })
    }

    fn intent(&self, order_id: &str, status: IntentStatus) {
        let session_id = self.session_id(order_id);
        self.with_books(|books| {
            let intent = books.intent_of_session(&session_id);
            books.intent_mut(&intent).status = status;
        });
    }

    /// The customer of an order pays; returns whether that was possible.
    pub fn customer_pays(&self, order_id: &str) -> bool {
        pays(&self.shared, &self.session_id(order_id))
    }

    /// The bank wants to know whether it is the customer (3-D Secure); [`Self::customer_pays`] answers that.
    pub fn bank_asks(&self, order_id: &str) {
        self.intent(order_id, IntentStatus::RequiresAction);
    }

    /// The bank declines the customer's card.
    pub fn bank_declines(&self, order_id: &str) {
        self.intent(order_id, IntentStatus::RequiresPaymentMethod);
    }

    /// The customer lets the time pass.
    pub fn page_expires(&self, order_id: &str) {
        let session_id = self.session_id(order_id);
        self.with_books(|books| books.session_mut(&session_id).status = SessionStatus::Expired);
    }

    /// The bank gives up what it held for too long.
    pub fn held_for_too_long(&self, order_id: &str) {
        self.intent(order_id, IntentStatus::Canceled);
    }
}
