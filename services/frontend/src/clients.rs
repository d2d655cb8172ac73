//! The order service, called on behalf of the pages.

use fdp_contracts::{OrderId, OrderLine};
use fdp_kit::{Problem, trace};
use http::header;
use reqwest::{Method, RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// Longer than the order service itself needs to give up on a payment.
const DEADLINE: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
/// What the order service answers to the second of two clicks while it works on the first.
const UNDER_WAY: &str = "urn:fooddelivery:problem:order-under-way";

/// Why the order service did not do it.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// It answered no.
    #[error("{doing}: the order service answers {} {}", problem.status, problem.detail)]
    Refused {
        /// What was being done.
        doing: &'static str,
        /// Its reasons.
        problem: Problem,
    },
    /// It is still busy with the same request, sent before.
    #[error("{doing}: the order service is still busy with it")]
    UnderWay {
        /// What was being done.
        doing: &'static str,
    },
    /// It could not be reached, so nothing was done.
    #[error("{doing}: the order service cannot be reached: {source}")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        source: reqwest::Error,
    },
    /// Nobody knows whether it was done.
    #[error("{doing}: the order service gives no answer: {source}")]
    NoAnswer {
        /// What was being done.
        doing: &'static str,
        /// What happened instead.
        source: reqwest::Error,
    },
}

/// What a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    /// Who orders.
    pub customer_id: String,
    /// Who cooks.
    pub store_id: String,
    /// What.
    pub lines: Vec<OrderLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Placed {
    order_id: OrderId,
}

/// A client of the order service.
#[derive(Debug, Clone)]
pub struct OrderClient {
    http: reqwest::Client,
    base: String,
}

impl OrderClient {
    /// A client of the order service at `base`, say `http://order:8081`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: &str) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(DEADLINE)
            .connect_timeout(CONNECT)
            // Short, so that a restarted pod leaves no stale connections behind.
            .pool_idle_timeout(Duration::from_secs(5))
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
        })
    }

    /// Places an order; the same `key` with the same order places it once.
    ///
    /// # Errors
    /// See [`OrderError`].
    pub async fn place(&self, order: &PlaceOrder, key: &str) -> Result<OrderId, OrderError> {
        let doing = "placing an order";
        let request = || {
            self.request(Method::POST, "/orders")
                .header("idempotency-key", key)
                .json(order)
        };
        let deadline = Instant::now() + DEADLINE;
        let answer = loop {
            match send(doing, request).await {
                Err(OrderError::UnderWay { .. }) if Instant::now() < deadline => {
                    tokio::time::sleep(PAUSE).await;
                }
                answer => break answer?,
            }
        };
        let placed: Placed = answer
            .json()
            .await
            .map_err(|source| OrderError::NoAnswer { doing, source })?;
        Ok(placed.order_id)
    }

    /// Takes an order back; doing it twice is the same as once.
    ///
    /// # Errors
    /// See [`OrderError`].
    pub async fn cancel(&self, order_id: OrderId) -> Result<(), OrderError> {
        let request = || self.request(Method::DELETE, &format!("/orders/{order_id}"));
        send("cancelling an order", request).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match trace::current_header() {
            Some(traceparent) => request.header("traceparent", traceparent),
            None => request,
        }
    }
}

/// Sends a request that may safely arrive twice, again when the connection fails.
async fn send(doing: &'static str, request: impl Fn() -> RequestBuilder) -> Result<Response, OrderError> {
    let mut attempt = 1;
    let mut was_sent = false;
    let answer = loop {
        let sent = request().send().await;
        was_sent |= sent.as_ref().map_or_else(|error| !error.is_connect(), |_| true);
        match sent {
            Ok(answer) => break answer,
            // After a deadline there is no time left to try again.
            Err(error) if attempt < ATTEMPTS && (error.is_connect() || !error.is_timeout()) => {
                tracing::debug!(%error, attempt, "the connection to the order service failed; trying again");
                tokio::time::sleep(PAUSE * attempt).await;
                attempt += 1;
            }
            Err(source) if was_sent => return Err(OrderError::NoAnswer { doing, source }),
            Err(source) => return Err(OrderError::Unreachable { doing, source }),
        }
    };
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let is_problem = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    let problem = if is_problem {
        answer.json().await.ok()
    } else {
        None
    };
    let problem = problem.unwrap_or_else(|| Problem::new(status, "unexpected-answer", status.to_string()));
    if problem.kind == UNDER_WAY {
        return Err(OrderError::UnderWay { doing });
    }
    Err(OrderError::Refused { doing, problem })
}
