//! The page on which customers pay: a browser may open it.

use crate::records::{IntentStatus, SessionStatus};
use crate::shared::Shared;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::StatusCode;
use std::sync::Arc;

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
pub(crate) fn pays(shared: &Shared, session_id: &str) -> bool {
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
