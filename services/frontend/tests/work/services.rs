//! A stand-in for the services that owners and riders use: it answers by its script, and keeps what it was asked.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use fdp_http::Problem;
use fdp_http::caller::{CALLER, Person};
use fdp_http::{Caller, Json};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What a service was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The method and the path with its query.
    pub(crate) what: String,
    /// The body; null if there was none.
    pub(crate) body: Value,
    /// The headers.
    pub(crate) headers: HeaderMap,
}

impl Asked {
    /// On whose behalf.
    pub(crate) fn person(&self) -> Person {
        match Caller::of(&self.headers).unwrap() {
            Caller::Person(person) => person,
            Caller::System => panic!("on nobody's behalf: {} {:?}", self.what, self.headers.get(CALLER)),
        }
    }
}

/// The answers to requests, by the beginning of method and path; the longest that fits counts.
type Script = BTreeMap<String, (StatusCode, Value)>;

/// The services.
#[derive(Clone, Default)]
pub(crate) struct Services {
    script: Arc<Mutex<Script>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Services {
    /// Starts them; returns their address too.
    pub(crate) async fn start() -> (Self, String) {
        let services = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = Router::new().fallback(answer).with_state(services.clone());
        tokio::spawn(async move { axum::serve(listener, served).await });
        (services, address)
    }

    /// From now on, requests that begin so are answered so.
    pub(crate) fn answer(&self, what: &str, body: Value) {
        let answer = (StatusCode::OK, body);
        self.script.lock().unwrap().insert(what.to_owned(), answer);
    }

    /// From now on, requests that begin so are refused with a problem of this kind.
    pub(crate) fn refuse(&self, what: &str, status: StatusCode, kind: &str) {
        let problem = Problem::new(status, kind, "the words of the service");
        let answer = (status, serde_json::to_value(problem).unwrap());
        self.script.lock().unwrap().insert(what.to_owned(), answer);
    }

    /// What was asked that changes something.
    pub(crate) fn changes(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        let changes = asked.iter().filter(|asked| !asked.what.starts_with("GET"));
        changes.cloned().collect()
    }

    /// The first request that begins so.
    pub(crate) fn asked(&self, what: &str) -> Asked {
        let asked = self.asked.lock().unwrap();
        let found = asked.iter().find(|asked| asked.what.starts_with(what));
        found.unwrap_or_else(|| panic!("nobody asked {what}")).clone()
    }
}

async fn answer(State(services): State<Services>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let what = format!("{} {}", head.method, head.uri);
    services.asked.lock().unwrap().push(Asked {
        what: what.clone(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        headers: head.headers,
    });
    let script = services.script.lock().unwrap();
    let fitting = script
        .iter()
        .filter(|(begins, _)| what.starts_with(begins.as_str()));
    let Some((_, (status, body))) = fitting.max_by_key(|(begins, _)| begins.len()) else {
        return Problem::not_found(what).into_response();
    };
    let kind = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    let headers = [("content-type", kind), ("etag", "\"v1\"")];
    (*status, headers, Json(body).into_response().into_body()).into_response()
}
