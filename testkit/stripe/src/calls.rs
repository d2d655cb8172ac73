//! The API: a repeated key is answered as the first time, and each call fails as the test has planned.

use crate::books::Refused;
use crate::fault::{Fault, Operation};
use crate::form::Fields;
use crate::shared::Shared;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

type Pairs = Vec<(String, String)>;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/checkout/sessions", post(create_session))
        .route("/v1/checkout/sessions/{id}", get(read_session))
        .route("/v1/checkout/sessions/{id}/expire", post(expire_session))
        .route("/v1/payment_intents", get(list_intents))
        .route("/v1/payment_intents/{id}/capture", post(capture))
        .route("/v1/payment_intents/{id}/cancel", post(cancel))
        .route("/v1/refunds", get(list_refunds).post(refund))
}

async fn create_session(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(form): Form<Pairs>,
) -> Response {
    change(&shared, Operation::CreateSession, &headers, "", form).await
}

async fn expire_session(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    form: Result<Form<Pairs>, FormRejection>,
) -> Response {
    change(&shared, Operation::ExpireSession, &headers, &id, fields(form)).await
}

async fn capture(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    form: Result<Form<Pairs>, FormRejection>,
) -> Response {
    change(&shared, Operation::Capture, &headers, &id, fields(form)).await
}

async fn cancel(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    form: Result<Form<Pairs>, FormRejection>,
) -> Response {
    change(&shared, Operation::Cancel, &headers, &id, fields(form)).await
}

async fn refund(State(shared): State<Arc<Shared>>, headers: HeaderMap, Form(form): Form<Pairs>) -> Response {
    change(&shared, Operation::Refund, &headers, "", form).await
}

async fn read_session(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    read(&shared, Operation::ReadSession, &headers, |shared| {
        let books = shared.books.lock().unwrap();
        books.session(&id).map(|session| books.session_json(session))
    })
    .await
}

async fn list_refunds(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(query): Query<Pairs>,
) -> Response {
    let query = Fields(query);
    read(&shared, Operation::ListRefunds, &headers, |shared| {
        let intent = query.get("payment_intent").unwrap_or_default();
        Ok(shared.books.lock().unwrap().refunds_of(intent))
    })
    .await
}

async fn list_intents(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(query): Query<Pairs>,
) -> Response {
    let query = Fields(query);
    read(&shared, Operation::ListIntents, &headers, |shared| {
        Ok(shared.books.lock().unwrap().intents_since(&query))
    })
    .await
}

fn fields(form: Result<Form<Pairs>, FormRejection>) -> Pairs {
    form.map(|Form(fields)| fields).unwrap_or_default()
}

async fn read(
    shared: &Shared,
    operation: Operation,
    headers: &HeaderMap,
    books: impl Fn(&Shared) -> Result<Value, Refused>,
) -> Response {
    if let Some(refused) = unknown_key(shared, headers) {
        return refused;
    }
    match shared.begin(operation) {
        None => answer(books(shared)),
        Some(Fault::Status(status)) => failed(status),
        Some(Fault::FailedAfter) => failed(500),
        Some(Fault::Slow(milliseconds)) => {
            sleep(Duration::from_millis(milliseconds)).await;
            answer(books(shared))
        }
        Some(Fault::SilentBefore | Fault::SilentAfter) => pending().await,
    }
}

async fn change(
    shared: &Shared,
    operation: Operation,
    headers: &HeaderMap,
    id: &str,
    form: Pairs,
) -> Response {
    if let Some(refused) = unknown_key(shared, headers) {
        return refused;
    }
    let Some(key) = headers.get("idempotency-key").and_then(|key| key.to_str().ok()) else {
        return answer(Err((
            400,
            "no_key",
            "this peer wants a key for each change".to_owned(),
        )));
    };
    match shared.begin(operation) {
        None => once(shared, operation, key, id, Fields(form)),
        Some(Fault::Status(status)) => failed(status),
        Some(Fault::SilentBefore) => pending().await,
        Some(Fault::SilentAfter) => {
            once(shared, operation, key, id, Fields(form));
            pending().await
        }
        Some(Fault::Slow(milliseconds)) => {
            sleep(Duration::from_millis(milliseconds)).await;
            once(shared, operation, key, id, Fields(form))
        }
        Some(Fault::FailedAfter) => {
            once(shared, operation, key, id, Fields(form));
            failed(500)
        }
    }
}

/// Does a call once for each key.
fn once(shared: &Shared, operation: Operation, key: &str, id: &str, form: Fields) -> Response {
    let mut answered = shared.answered.lock().unwrap();
    if let Some((before, status, body)) = answered.get(key) {
        if *before != form {
            let message = "Keys for idempotent requests can only be used with the same parameters.";
            return answer(Err((400, "idempotency_error", message.to_owned())));
        }
        return respond(*status, body.clone());
    }
    let mut books = shared.books.lock().unwrap();
    let done = match operation {
        Operation::CreateSession => books.create_session(&form),
        Operation::ExpireSession => books.expire_session(id),
        Operation::Capture => books.capture(id, &form),
        Operation::Cancel => books.cancel(id),
        Operation::Refund => books.refund(&form),
        Operation::ReadSession | Operation::ListRefunds | Operation::ListIntents => {
            panic!("{operation:?} changes nothing")
        }
    };
    let (status, body) = result(done);
    answered.insert(key.to_owned(), (form, status, body.clone()));
    respond(status, body)
}

fn unknown_key(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let is_known = authorization == Some(&format!("Bearer {}", shared.secret_key));
    (!is_known).then(|| failed(401))
}

fn result(done: Result<Value, Refused>) -> (u16, Value) {
    match done {
        Ok(body) => (200, body),
        Err((status, code, message)) => (status, json!({"error": {"code": code, "message": message}})),
    }
}

fn answer(done: Result<Value, Refused>) -> Response {
    let (status, body) = result(done);
    respond(status, body)
}

fn failed(status: u16) -> Response {
    respond(
        status,
        json!({"error": {"message": "this call fails on purpose"}}),
    )
}

fn respond(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}
