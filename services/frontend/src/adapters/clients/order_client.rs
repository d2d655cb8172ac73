//! The client of the order service.

use crate::application::ports::{OrderError, OrderRequest, OrderService, PaymentStanding, Placement};
use crate::domain::Recipient;
use async_trait::async_trait;
use fdp_contracts::{AwaitingPayment, OrderId};
use fdp_http::{Problem, is_safe_address};
use fdp_runtime::trace;
use http::{StatusCode, header};
use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

/// Longer than the order service's own deadline for a payment.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a page waits for what it can be shown without.
const RECIPIENT_TIMEOUT: Duration = Duration::from_millis(800);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const MAX_ATTEMPTS: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(200);
/// The problem type with which the order service responds to a second click while it processes the first.
const IN_PROGRESS: &str = "urn:fooddelivery:problem:order-under-way";

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
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            // Short, so that a restarted pod leaves no stale connections behind.
            .pool_idle_timeout(Duration::from_secs(5))
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
        })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match trace::current_header() {
            Some(traceparent) => request.header("traceparent", traceparent),
            None => request,
        }
    }
}

#[async_trait]
impl OrderService for OrderClient {
    async fn place(&self, order: &OrderRequest, key: &str) -> Result<Placement, OrderError> {
        let operation = "placing an order";
        let request = || {
            self.request(Method::POST, "/orders")
                .header("idempotency-key", key)
                .json(order)
        };
        let deadline = Instant::now() + TIMEOUT;
        let response = loop {
            match send(operation, request).await {
                Err(OrderError::InProgress { .. }) if Instant::now() < deadline => {
                    tokio::time::sleep(BACKOFF).await;
                }
                response => break response?,
            }
        };
        let waits = response.status() == StatusCode::ACCEPTED;
        let Placed { order_id } = response
            .json()
            .await
            .map_err(|error| no_response(operation, error))?;
        Ok(if waits {
            Placement::AwaitingPayment(order_id)
        } else {
            Placement::Placed(order_id)
        })
    }

    async fn payment(&self, order_id: OrderId) -> Result<PaymentStanding, OrderError> {
        let operation = "asking what has become of a payment";
        let request = || self.request(Method::GET, &format!("/orders/{order_id}"));
        let response = match send(operation, request).await {
            Err(OrderError::Rejected { problem, .. }) if problem.status == StatusCode::GONE => {
                return Ok(PaymentStanding::NotPaid);
            }
            Err(OrderError::Rejected { problem, .. }) if problem.status == StatusCode::NOT_FOUND => {
                return Ok(PaymentStanding::Unknown);
            }
            response => response?,
        };
        if response.status() != StatusCode::ACCEPTED {
            return Ok(PaymentStanding::Placed);
        }
        let awaiting: AwaitingPayment = response
            .json()
            .await
            .map_err(|error| no_response(operation, error))?;
        // A browser is sent there without another look.
        if !is_safe_address(&awaiting.pay_url) {
            let detail = format!("customers cannot be sent to pay at {}", awaiting.pay_url);
            let problem = Problem::new(StatusCode::BAD_GATEWAY, "unexpected-answer", detail);
            return Err(OrderError::Rejected { operation, problem });
        }
        Ok(PaymentStanding::Awaited(awaiting))
    }

    async fn recipient(&self, order_id: OrderId) -> Result<Option<Recipient>, OrderError> {
        let operation = "asking whom an order goes to";
        let request = self
            .request(Method::GET, &format!("/orders/{order_id}/recipient"))
            .timeout(RECIPIENT_TIMEOUT);
        let response = request
            .send()
            .await
            .map_err(|error| no_response(operation, error))?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer = response.error_for_status();
        let told = async { answer?.json().await }.await;
        told.map(Some).map_err(|error| no_response(operation, error))
    }

    async fn cancel(&self, order_id: OrderId) -> Result<(), OrderError> {
        let request = || self.request(Method::DELETE, &format!("/orders/{order_id}"));
        send("cancelling an order", request).await.map(drop)
    }
}

/// Sends an idempotent request, and retries it when the connection fails.
async fn send(operation: &'static str, request: impl Fn() -> RequestBuilder) -> Result<Response, OrderError> {
    let mut attempt = 1;
    let mut was_sent = false;
    let response = loop {
        let sent = request().send().await;
        was_sent |= sent.as_ref().map_or_else(|error| !error.is_connect(), |_| true);
        match sent {
            Ok(response) => break response,
            // After a timeout there is no time left for a retry.
            Err(error) if attempt < MAX_ATTEMPTS && (error.is_connect() || !error.is_timeout()) => {
                tracing::debug!(%error, attempt, "the connection to the order service failed; trying again");
                tokio::time::sleep(BACKOFF * attempt).await;
                attempt += 1;
            }
            Err(error) if was_sent => return Err(no_response(operation, error)),
            Err(error) => {
                return Err(OrderError::Unreachable {
                    operation,
                    source: error.into(),
                });
            }
        }
    };
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    let problem = if is_problem {
        response.json().await.ok()
    } else {
        None
    };
    let problem = problem.unwrap_or_else(|| Problem::new(status, "unexpected-answer", status.to_string()));
    if problem.kind == IN_PROGRESS {
        return Err(OrderError::InProgress { operation });
    }
    Err(OrderError::Rejected { operation, problem })
}

fn no_response(operation: &'static str, error: reqwest::Error) -> OrderError {
    OrderError::NoResponse {
        operation,
        source: error.into(),
    }
}
