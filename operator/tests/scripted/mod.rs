//! A fake API server whose responses a test defines, and which records every call.

#![allow(dead_code, reason = "each test target needs its part of it")]

use std::sync::{Arc, Mutex};

use http::{Request, Response, StatusCode};
use kube::{Client, client::Body};
use serde_json::{Value, json};

/// One call to the API server.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Value,
}

/// The calls so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    pub(crate) fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap().clone()
    }
}

/// The response to a call.
pub(crate) enum Reply {
    Now(StatusCode, Vec<u8>),
    /// No response: the caller waits forever.
    Never,
}

/// A response with one JSON document.
pub(crate) fn document(code: u16, answer: &Value) -> Reply {
    Reply::Now(
        StatusCode::from_u16(code).unwrap(),
        serde_json::to_vec(answer).unwrap(),
    )
}

/// A failure status.
pub(crate) fn failure(code: u16, reason: &str, message: &str) -> Reply {
    document(
        code,
        &json!({ "kind": "Status", "status": "Failure", "code": code, "message": message, "reason": reason }),
    )
}

/// A list of these items.
pub(crate) fn list(items: &[Value]) -> Reply {
    document(
        200,
        &json!({ "kind": "List", "apiVersion": "v1", "metadata": { "resourceVersion": "1" }, "items": items }),
    )
}

/// A client of an API server with these responses; its namespace is `food`.
pub(crate) fn client(mut answer: impl FnMut(&Call) -> Reply + Send + 'static) -> (Client, Calls) {
    let calls = Calls::default();
    let (service, mut handle) = tower_test::mock::pair::<Request<Body>, Response<Body>>();
    let remembered = calls.clone();
    tokio::spawn(async move {
        let mut waiting = Vec::new();
        while let Some((request, respond)) = handle.next_request().await {
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.unwrap();
            let call = Call {
                method: parts.method.to_string(),
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().unwrap_or_default().to_owned(),
                body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            };
            let answer = answer(&call);
            remembered.0.lock().unwrap().push(call);
            match answer {
                Reply::Now(code, body) => {
                    respond.send_response(Response::builder().status(code).body(Body::from(body)).unwrap());
                }
                Reply::Never => waiting.push(respond),
            }
        }
    });
    (Client::new(service, "food"), calls)
}
