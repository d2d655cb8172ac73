//! A proxy between the operator and AWS that counts calls, and rejects or drops some.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::Response,
};
use tokio::sync::Notify;

use crate::{forward::forward, operation, served::Served};

/// What the proxy does with calls.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    Forward,
    /// Forwards this number of calls, but never sends the response to the last one, nor to any later call.
    HangAfter(usize),
    /// Rejects calls of that operation with that error code.
    Refuse(&'static str, &'static str),
}

pub struct Between {
    served: Served,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    rule: Rule,
    calls: Mutex<Vec<String>>,
    hung: Notify,
    client: reqwest::Client,
}

impl Between {
    pub async fn start(upstream: &str, rule: Rule) -> Self {
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            rule,
            calls: Mutex::default(),
            hung: Notify::new(),
            client: reqwest::Client::new(),
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        Self {
            served: Served::start(router).await,
            shared,
        }
    }

    pub fn endpoint(&self) -> String {
        self.served.endpoint()
    }

    /// The called operations, in order.
    pub fn calls(&self) -> Vec<String> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// Completes when a response was held back.
    pub async fn hung(&self) {
        self.shared.hung.notified().await;
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let (protocol, operation) = operation::of(&parts, &body);
    let count = {
        let mut calls = shared.calls.lock().unwrap();
        calls.push(operation.clone());
        calls.len()
    };
    if let Rule::Refuse(refused, code) = shared.rule
        && refused == operation
    {
        return operation::refusal(protocol, code, "so says the test");
    }
    if let Rule::HangAfter(last) = shared.rule
        && count > last
    {
        std::future::pending::<()>().await;
    }
    let answer = forward(&shared.client, &shared.upstream, parts, body)
        .await
        .unwrap();
    if let Rule::HangAfter(last) = shared.rule
        && count == last
    {
        shared.hung.notify_one();
        std::future::pending::<()>().await;
    }
    answer.map(Body::from)
}
