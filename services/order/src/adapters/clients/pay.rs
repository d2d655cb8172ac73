//! The client of the pay service over HTTP, with admission, a circuit breaker and a retry budget.

use crate::application::ports::{
    Admitted, NotAdmitted, PaymentAttempt, PaymentIntent, PaymentResult, PaymentService, VoidError,
};
use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable as _};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, PaymentSnapshot, PaymentState};
use fdp_http::{Problem, is_safe_address};
use fdp_resilience::{AdmissionLimits, Breaker, CallError, Limits, Rejection, RetryBudget};
use fdp_runtime::trace;
use futures::FutureExt as _;
use http::StatusCode;
use reqwest::{Client, RequestBuilder, Response, Url};
use serde::Deserialize;
use std::error::Error;
use std::time::Duration;
use tokio::time::timeout;

/// How long a request to pay should take. After that it may be sent a second time, and while the mean is above it, fewer
/// are under way at a time.
pub const TARGET: Duration = Duration::from_millis(610);
/// The limits of requests to pay: admission and circuit breaker.
pub const LIMITS: Limits = Limits {
    admission: AdmissionLimits {
        target: TARGET,
        // The most are those that a replica has under way when pay responds just within the target, plus some reserve.
        places: 8..=256,
        // With the longest wait, what customers accept: with both requests it makes less than 4 s.
        max_waiting: 512,
        longest_wait: Duration::from_secs(2),
    },
    failure_rate: 0.5,
    window: Duration::from_secs(2),
    min_calls: 10,
    // Short, so that orders succeed as soon as pay is back.
    open_for: Duration::from_millis(500),
};
/// How long the client waits for a response at all; what has not answered by then has failed. As long as the customer waits
/// for both requests.
pub const RESPONSE_TIMEOUT: Duration = TARGET.saturating_mul(2);
/// The share of payments that may be requested a second time.
const RETRIED: f32 = 0.1;
/// The timeout of an attempt to void: three attempts, with the delays between them, fit into one compensation lease.
pub const VOID_TIMEOUT: Duration = Duration::from_secs(1);
/// The retries of voiding.
pub const VOID_RETRIES: usize = 2;
/// The delay before the first retry; the next one is about twice as long.
pub const FIRST_RETRY_DELAY: Duration = Duration::from_millis(100);
/// How long an idle connection stays open: shorter than the pay service's own idle timeout, and short enough to drop
/// connections to replaced replicas.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the client cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum PayClientError {
    /// `PAY_URL` is not a base URL.
    #[error("PAY_URL is '{given}', and should look like http://pay:8082: {reason}")]
    Url {
        /// The configured value.
        given: String,
        /// The reason.
        reason: String,
    },
    /// The HTTP client rejects its settings.
    #[error("making an HTTP client for pay: {0}")]
    Client(#[from] reqwest::Error),
}

/// What pay answers if the customer has something to do.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomersTurn {
    /// Where the customer pays.
    pay_url: String,
    /// Until when.
    expires_at: DateTime<Utc>,
}

/// A client of the pay service.
#[derive(Debug, Clone)]
pub struct PayClient {
    http: Client,
    payments: Url,
    breaker: Breaker,
    retries: RetryBudget,
}

impl PayClient {
    /// Creates a client of the pay service at `base`, like `http://pay:8082`, that sends requests through `breaker`.
    ///
    /// # Errors
    /// When `base` is not a URL.
    pub fn new(base: &str, breaker: Breaker) -> Result<Self, PayClientError> {
        let payments = Url::parse(&format!("{}/payments", base.trim_end_matches('/'))).map_err(|error| {
            PayClientError::Url {
                given: base.to_owned(),
                reason: error.to_string(),
            }
        })?;
        Ok(Self {
            http: Client::builder()
                .no_proxy()
                .pool_idle_timeout(IDLE_TIMEOUT)
                .build()?,
            payments,
            breaker,
            retries: RetryBudget::of(RETRIED),
        })
    }

    async fn void_once(&self, order_id: OrderId) -> Result<(), VoidError> {
        let mut url = self.payments.clone();
        url.set_path(&format!("{}/{order_id}/void", url.path()));
        let request = traced(self.http.post(url).timeout(VOID_TIMEOUT));
        let status = request
            .send()
            .await
            .map_err(|error| VoidError(chain(&error)))?
            .status();
        if status.is_success() {
            return Ok(());
        }
        Err(VoidError(format!("pay answered {status}")))
    }
}

/// Adds the current trace to `request`.
fn traced(request: RequestBuilder) -> RequestBuilder {
    match trace::current_header() {
        Some(traceparent) => request.header("traceparent", traceparent),
        None => request,
    }
}

#[async_trait]
impl PaymentService for PayClient {
    async fn admit(&self) -> Result<Admitted, NotAdmitted> {
        match self.breaker.enter().await {
            Ok(entered) => {
                self.retries.called();
                Ok(Box::new(entered))
            }
            Err(Rejection::Open) => Err(NotAdmitted::Unavailable),
            Err(Rejection::Full) => Err(NotAdmitted::Busy),
        }
    }

    fn may_retry(&self) -> bool {
        self.retries.allows()
    }

    async fn pay(&self, intent: &PaymentIntent) -> PaymentAttempt {
        let body = serde_json::json!({
            "orderId": intent.order_id,
            "customerId": intent.customer_id,
            "amount": intent.amount,
            "returnPath": format!("/shop/orders/{}/payment", intent.order_id),
        });
        let request = traced(self.http.post(self.payments.clone()))
            .timeout(RESPONSE_TIMEOUT)
            .header("idempotency-key", intent.order_id.to_string())
            .json(&body);
        let response = self.breaker.call(request_payment(request)).map(result);
        // Shared, so that the request goes on after the target.
        let response = response.boxed().shared();
        match timeout(TARGET, response.clone()).await {
            Ok(result) => result.into(),
            Err(_) => PaymentAttempt {
                result: PaymentResult::Unknown(format!("no answer within {TARGET:?}")),
                late: Some(response.boxed()),
            },
        }
    }

    async fn void(&self, order_id: OrderId) -> Result<(), VoidError> {
        let delays = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(FIRST_RETRY_DELAY)
            .with_max_times(VOID_RETRIES);
        (|| self.void_once(order_id)).retry(delays).await
    }
}

/// The result of a request that was made or not.
fn result(called: Result<PaymentResult, CallError<PaymentResult>>) -> PaymentResult {
    match called {
        Ok(result) | Err(CallError::Failed(result)) => result,
        Err(CallError::Rejected(rejection)) => PaymentResult::NotSent(rejection.to_string()),
    }
}

/// Sends the request. Returns an error if the result is unknown, so that the breaker counts it as a failure.
async fn request_payment(request: RequestBuilder) -> Result<PaymentResult, PaymentResult> {
    let response = match request.send().await {
        Ok(response) => read(response).await,
        Err(error) => Err(error),
    };
    let result = match response {
        Ok((status, body)) => interpret(status, &body),
        // Without a connection, nothing was sent.
        Err(error) if error.is_connect() && !error.is_timeout() => PaymentResult::NotSent(chain(&error)),
        Err(error) => PaymentResult::Unknown(chain(&error)),
    };
    if result.is_known() {
        Ok(result)
    } else {
        Err(result)
    }
}

async fn read(response: Response) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
    let status = response.status();
    Ok((status, response.bytes().await?.to_vec()))
}

/// What a response of pay means. Only statuses that pay itself sends mean paid or refused: a 404 or 429 may come from a
/// proxy in front of it.
fn interpret(status: StatusCode, body: &[u8]) -> PaymentResult {
    match status {
        StatusCode::OK | StatusCode::CREATED => match serde_json::from_slice::<PaymentSnapshot>(body) {
            Ok(payment) if payment.state == PaymentState::Approved => PaymentResult::Paid,
            Ok(payment) => PaymentResult::Refused(format!("the payment is {:?}", payment.state)),
            Err(error) => PaymentResult::Unknown(format!("pay answered {status} with no payment: {error}")),
        },
        StatusCode::ACCEPTED => match serde_json::from_slice::<CustomersTurn>(body) {
            Ok(turn) if is_safe_address(&turn.pay_url) => PaymentResult::AwaitingCustomer {
                pay_url: turn.pay_url,
                expires_at: turn.expires_at,
            },
            Ok(_) => {
                PaymentResult::Unknown("pay sends the customer to an address that is not safe".to_owned())
            }
            Err(error) => PaymentResult::Unknown(format!("pay answered {status} with no address: {error}")),
        },
        StatusCode::BAD_REQUEST
        | StatusCode::PAYMENT_REQUIRED
        | StatusCode::CONFLICT
        | StatusCode::UNPROCESSABLE_ENTITY => {
            let reason = serde_json::from_slice::<Problem>(body)
                .map_or_else(|_| format!("pay answered {status}"), |problem| problem.detail);
            PaymentResult::Refused(reason)
        }
        other => PaymentResult::Unknown(format!("pay answered {other}")),
    }
}

/// An error and its causes on one line: reqwest's own message names the failed step, and only the causes say why.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_approved_payment_counts_as_paid() {
        let payment = |state: &str| {
            format!(
                r#"{{"paymentId":"{}","orderId":"{}","amount":5,"state":"{state}","changedAt":"2026-01-01T00:00:00Z"}}"#,
                fdp_contracts::PaymentId::new(),
                OrderId::new(),
            )
        };
        assert_eq!(
            interpret(StatusCode::CREATED, payment("Approved").as_bytes()),
            PaymentResult::Paid
        );
        let voided = interpret(StatusCode::OK, payment("Voided").as_bytes());
        assert!(matches!(voided, PaymentResult::Refused(_)), "{voided:?}");
        let nonsense = interpret(StatusCode::OK, b"<html>");
        assert!(matches!(nonsense, PaymentResult::Unknown(_)), "{nonsense:?}");
    }

    #[test]
    fn a_customer_who_has_something_to_do_is_told_where_and_until_when() {
        let answer = |url: &str| {
            let body = serde_json::json!({
                "paymentId": fdp_contracts::PaymentId::new(), "orderId": OrderId::new(), "amount": 5,
                "state": "AwaitingCustomer", "payUrl": url, "expiresAt": "2026-01-01T00:30:00Z",
            });
            interpret(StatusCode::ACCEPTED, body.to_string().as_bytes())
        };
        let url = "https://checkout.stripe.com/c/pay/cs_1";
        let expected = PaymentResult::AwaitingCustomer {
            pay_url: url.to_owned(),
            expires_at: "2026-01-01T00:30:00Z".parse().unwrap(),
        };
        assert_eq!(answer(url), expected);
        let unsafe_address = answer("http://evil.example/pay");
        assert!(
            matches!(unsafe_address, PaymentResult::Unknown(_)),
            "{unsafe_address:?}"
        );
        let nothing = interpret(StatusCode::ACCEPTED, b"{}");
        assert!(matches!(nothing, PaymentResult::Unknown(_)), "{nothing:?}");
    }

    #[test]
    fn a_refusal_carries_the_reason_of_pay_and_other_statuses_are_unknown() {
        let problem = serde_json::to_vec(&Problem::new(
            StatusCode::PAYMENT_REQUIRED,
            "payment-refused",
            "too much",
        ));
        let refused = interpret(StatusCode::PAYMENT_REQUIRED, &problem.unwrap());
        assert_eq!(refused, PaymentResult::Refused("too much".into()));
        for status in [500, 503, 404, 429, 408] {
            let result = interpret(StatusCode::from_u16(status).unwrap(), b"");
            assert!(
                matches!(result, PaymentResult::Unknown(_)),
                "{status}: {result:?}"
            );
        }
    }

    #[test]
    fn an_invalid_base_url_is_rejected_with_an_example() {
        let breaker = Breaker::new("pay", LIMITS, &fdp_runtime::Health::default()).unwrap();
        let words = PayClient::new("pay", breaker).unwrap_err().to_string();
        assert!(words.contains("http://pay:8082"), "{words}");
    }
}
