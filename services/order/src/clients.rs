//! The pay service over HTTP, behind a circuit breaker and a bulkhead.

use crate::app::ports::{Asked, Intent, PayAnswer, Payments, VoidError};
use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable as _};
use fdp_contracts::{OrderId, PaymentSnapshot, PaymentState};
use fdp_kit::breaker::{Breaker, CallError, Limits};
use fdp_kit::{Problem, trace};
use futures::FutureExt as _;
use http::StatusCode;
use reqwest::{Client, RequestBuilder, Response, Url};
use std::error::Error;
use std::time::Duration;

/// When pay is asked again, and when it is not asked at all.
pub const LIMITS: Limits = Limits {
    deadline: Duration::from_millis(610),
    // What a replica can have in hand when pay answers just within the deadline, and some more.
    at_once: 256,
    failure_rate: 0.5,
    window: Duration::from_secs(2),
    least_calls: 10,
    // Short, so that orders succeed as soon as pay is back.
    open_for: Duration::from_secs(1),
};
/// An answer may come late as long as its customer waits for the second question.
pub const LATEST_ANSWER: Duration = LIMITS.deadline.saturating_mul(2);
/// How long an attempt to void may take: three of them, with the pauses between, fit into the time that a settler has.
pub const VOID_DEADLINE: Duration = Duration::from_secs(1);
/// Further attempts to void.
pub const VOID_AGAIN: usize = 2;
/// The pause before the second attempt to void; the next is about twice as long.
pub const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Shorter than the pay service keeps idle connections, and short enough to forget replicas that are gone.
const IDLE: Duration = Duration::from_secs(5);

/// What keeps the client from being made.
#[derive(Debug, thiserror::Error)]
pub enum PayClientError {
    /// `PAY_URL` is not a base URL.
    #[error("PAY_URL is '{given}', and should look like http://pay:8082: {reason}")]
    Url {
        /// What was given.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The HTTP client refuses its settings.
    #[error("making an HTTP client for pay: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client of the pay service.
#[derive(Debug, Clone)]
pub struct HttpPayments {
    http: Client,
    payments: Url,
    breaker: Breaker,
}

impl HttpPayments {
    /// A client of the pay service at `base`, like `http://pay:8082`, that asks only as `breaker` lets it.
    ///
    /// # Errors
    /// When that is not a URL.
    pub fn new(base: &str, breaker: Breaker) -> Result<Self, PayClientError> {
        let payments = Url::parse(&format!("{}/payments", base.trim_end_matches('/'))).map_err(|error| {
            PayClientError::Url {
                given: base.to_owned(),
                reason: error.to_string(),
            }
        })?;
        Ok(Self {
            http: Client::builder().no_proxy().pool_idle_timeout(IDLE).build()?,
            payments,
            breaker,
        })
    }

    async fn void_once(&self, order_id: OrderId) -> Result<(), VoidError> {
        let mut url = self.payments.clone();
        url.set_path(&format!("{}/{order_id}/void", url.path()));
        let request = traced(self.http.post(url).timeout(VOID_DEADLINE));
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

/// `request` as part of the trace that the task works for.
fn traced(request: RequestBuilder) -> RequestBuilder {
    match trace::current_header() {
        Some(traceparent) => request.header("traceparent", traceparent),
        None => request,
    }
}

#[async_trait]
impl Payments for HttpPayments {
    fn admits(&self) -> bool {
        self.breaker.admits().is_ok()
    }

    async fn pay(&self, intent: &Intent) -> Asked {
        let body = serde_json::json!({
            "orderId": intent.order_id,
            "customerId": intent.customer_id,
            "amount": intent.amount,
        });
        let request = traced(self.http.post(self.payments.clone()))
            .timeout(LATEST_ANSWER)
            .header("idempotency-key", intent.order_id.to_string())
            .json(&body);
        // Shared, so that it goes on when the breaker has given it up.
        let answer = ask(request).boxed().shared();
        match self.breaker.call(answer.clone()).await {
            Ok(answer) | Err(CallError::Failed(answer)) => answer.into(),
            Err(CallError::Rejected(rejection)) => PayAnswer::NotAsked(rejection.to_string()).into(),
            Err(CallError::Late(deadline)) => Asked {
                answer: PayAnswer::Unknown(format!("no answer within {deadline:?}")),
                late: Some(
                    answer
                        .map(|answer| answer.unwrap_or_else(|answer| answer))
                        .boxed(),
                ),
            },
        }
    }

    async fn void(&self, order_id: OrderId) -> Result<(), VoidError> {
        let pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(FIRST_PAUSE)
            .with_max_times(VOID_AGAIN);
        (|| self.void_once(order_id)).retry(pauses).await
    }
}

/// What pay says; an error when it does not say anything.
async fn ask(request: RequestBuilder) -> Result<PayAnswer, PayAnswer> {
    let answered = match request.send().await {
        Ok(response) => read(response).await,
        Err(error) => Err(error),
    };
    let answer = match answered {
        Ok((status, body)) => judge(status, &body),
        // Without a connection nothing was sent.
        Err(error) if error.is_connect() && !error.is_timeout() => PayAnswer::NotAsked(chain(&error)),
        Err(error) => PayAnswer::Unknown(chain(&error)),
    };
    if answer.is_known() {
        Ok(answer)
    } else {
        Err(answer)
    }
}

async fn read(response: Response) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
    let status = response.status();
    Ok((status, response.bytes().await?.to_vec()))
}

/// What an answer of pay means. Only what pay itself says with certainty is paid or refused; a 404 or 429, say, may
/// come from something that stands before it.
fn judge(status: StatusCode, body: &[u8]) -> PayAnswer {
    match status {
        StatusCode::OK | StatusCode::CREATED => match serde_json::from_slice::<PaymentSnapshot>(body) {
            Ok(payment) if payment.state == PaymentState::Approved => PayAnswer::Paid,
            Ok(payment) => PayAnswer::Refused(format!("the payment is {:?}", payment.state)),
            Err(error) => PayAnswer::Unknown(format!("pay answered {status} with no payment: {error}")),
        },
        StatusCode::BAD_REQUEST
        | StatusCode::PAYMENT_REQUIRED
        | StatusCode::CONFLICT
        | StatusCode::UNPROCESSABLE_ENTITY => {
            let reason = serde_json::from_slice::<Problem>(body)
                .map_or_else(|_| format!("pay answered {status}"), |problem| problem.detail);
            PayAnswer::Refused(reason)
        }
        other => PayAnswer::Unknown(format!("pay answered {other}")),
    }
}

/// An error and its causes on one line: reqwest says what it did, and its causes say why that failed.
fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        words = format!("{words}: {next}");
        cause = next.source();
    }
    words
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
            judge(StatusCode::CREATED, payment("Approved").as_bytes()),
            PayAnswer::Paid
        );
        let voided = judge(StatusCode::OK, payment("Voided").as_bytes());
        assert!(matches!(voided, PayAnswer::Refused(_)), "{voided:?}");
        let nonsense = judge(StatusCode::OK, b"<html>");
        assert!(matches!(nonsense, PayAnswer::Unknown(_)), "{nonsense:?}");
    }

    #[test]
    fn a_refusal_carries_the_words_of_pay_and_what_pay_never_says_is_unknown() {
        let problem = serde_json::to_vec(&Problem::new(
            StatusCode::PAYMENT_REQUIRED,
            "payment-refused",
            "too much",
        ));
        let refused = judge(StatusCode::PAYMENT_REQUIRED, &problem.unwrap());
        assert_eq!(refused, PayAnswer::Refused("too much".into()));
        for status in [500, 503, 404, 429, 408] {
            let answer = judge(StatusCode::from_u16(status).unwrap(), b"");
            assert!(matches!(answer, PayAnswer::Unknown(_)), "{status}: {answer:?}");
        }
    }

    #[test]
    fn a_base_url_that_is_none_is_refused_with_an_example() {
        let breaker = Breaker::new("pay", LIMITS, &fdp_kit::Health::default()).unwrap();
        let words = HttpPayments::new("pay", breaker).unwrap_err().to_string();
        assert!(words.contains("http://pay:8082"), "{words}");
    }
}
