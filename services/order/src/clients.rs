//! The pay service over HTTP.

use crate::app::ports::{Intent, PayAnswer, Payments, VoidError};
use async_trait::async_trait;
use fdp_contracts::{OrderId, PaymentSnapshot, PaymentState};
use fdp_kit::{Problem, trace};
use http::StatusCode;
use reqwest::{Client, RequestBuilder, Response, Url};
use std::error::Error;
use std::time::Duration;

/// How long a customer is kept waiting for one answer of pay.
const PAY_DEADLINE: Duration = Duration::from_millis(610);
/// Nobody waits for a void.
const VOID_DEADLINE: Duration = Duration::from_secs(3);
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
}

impl HttpPayments {
    /// A client of the pay service at `base`, like `http://pay:8082`.
    ///
    /// # Errors
    /// When that is not a URL.
    pub fn new(base: &str) -> Result<Self, PayClientError> {
        let payments = Url::parse(&format!("{}/payments", base.trim_end_matches('/'))).map_err(|error| {
            PayClientError::Url {
                given: base.to_owned(),
                reason: error.to_string(),
            }
        })?;
        Ok(Self {
            http: Client::builder().no_proxy().pool_idle_timeout(IDLE).build()?,
            payments,
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, reqwest::Error> {
        match trace::current_header() {
            Some(traceparent) => request.header("traceparent", traceparent),
            None => request,
        }
        .send()
        .await
    }
}

#[async_trait]
impl Payments for HttpPayments {
    async fn pay(&self, intent: &Intent) -> PayAnswer {
        let body = serde_json::json!({
            "orderId": intent.order_id,
            "customerId": intent.customer_id,
            "amount": intent.amount,
        });
        let request = self
            .http
            .post(self.payments.clone())
            .timeout(PAY_DEADLINE)
            .header("idempotency-key", intent.order_id.to_string())
            .json(&body);
        let answered = match self.send(request).await {
            Ok(response) => read(response).await,
            Err(error) => Err(error),
        };
        match answered {
            Ok((status, body)) => judge(status, &body),
            Err(error) => PayAnswer::Unknown(chain(&error)),
        }
    }

    async fn void(&self, order_id: OrderId) -> Result<(), VoidError> {
        let mut url = self.payments.clone();
        url.set_path(&format!("{}/{order_id}/void", url.path()));
        let request = self.http.post(url).timeout(VOID_DEADLINE);
        let response = self
            .send(request)
            .await
            .map_err(|error| VoidError(chain(&error)))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        Err(VoidError(format!("pay answered {status}")))
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
        let words = HttpPayments::new("pay").unwrap_err().to_string();
        assert!(words.contains("http://pay:8082"), "{words}");
    }
}
