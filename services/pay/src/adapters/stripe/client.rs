//! Calls Stripe over HTTP, and tells what is refused from what is unknown (<https://docs.stripe.com/error-low-level>).

use super::objects::ErrorBody;
use super::settings::{StripeError, StripeSettings};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use std::error::Error;
use std::time::Duration;

/// The version of the API whose fields we read.
const API_VERSION: &str = "2024-06-20";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It had no effect; the reason.
    Refused(String),
    /// Nobody knows; the reason.
    Unknown(String),
}

impl Failure {
    /// The reason, for people.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Refused(reason) | Self::Unknown(reason) => reason,
        }
    }
}

/// A client of Stripe's API.
pub(super) struct StripeClient {
    http: Client,
    base: String,
    secret_key: String,
    timeout: Duration,
}

impl StripeClient {
    pub(super) fn new(settings: &StripeSettings) -> Result<Self, StripeError> {
        let http = Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            // Only the settlement decides whether a call is made again.
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self {
            http,
            base: settings.api()?,
            secret_key: settings.secret_key.clone(),
            timeout: settings.timeout,
        })
    }

    /// Reads an object or a list.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, Failure> {
        let query = query
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        self.send(self.http.get(format!("{}{path}?{query}", self.base)))
            .await
    }

    /// Changes something, once for each `key`.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        form: &[(&str, String)],
    ) -> Result<T, Failure> {
        let request = self.http.post(format!("{}{path}", self.base));
        self.send(request.header("idempotency-key", key).form(form)).await
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let request = request
            .timeout(self.timeout)
            .bearer_auth(&self.secret_key)
            .header("stripe-version", API_VERSION);
        let unknown = |error: reqwest::Error| Failure::Unknown(describe(&error));
        let response = request.send().await.map_err(unknown)?;
        let status = response.status();
        let body = response.bytes().await.map_err(unknown)?;
        interpret(status, &body)
    }
}

/// What a response means.
fn interpret<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, Failure> {
    if status.is_success() {
        return serde_json::from_slice(body)
            .map_err(|error| Failure::Unknown(format!("Stripe answered what cannot be read: {error}")));
    }
    let reason = match serde_json::from_slice::<ErrorBody>(body) {
        Ok(ErrorBody { error }) => [error.code, error.message]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(": "),
        Err(_) => String::new(),
    };
    let reason = format!("Stripe answered {} {reason}", status.as_u16())
        .trim_end()
        .to_owned();
    Err(match status {
        // A wrong parameter, a state that does not allow it, a declined card, an unknown object.
        StatusCode::BAD_REQUEST | StatusCode::PAYMENT_REQUIRED | StatusCode::NOT_FOUND => {
            Failure::Refused(reason)
        }
        // Our keys (401, 403), the same key under way at the same time (409), too many calls (429), a fault there.
        _ => Failure::Unknown(reason),
    })
}

/// An error and its causes on one line, without the URL.
fn describe(error: &reqwest::Error) -> String {
    let mut text = String::from("asking Stripe");
    if error.is_timeout() {
        text.push_str(": no answer in time");
    }
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// The text for a query string.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn failure(status: u16, body: &str) -> Failure {
        interpret::<Value>(StatusCode::from_u16(status).unwrap(), body.as_bytes()).unwrap_err()
    }

    #[test]
    fn only_what_stripe_refuses_for_certain_is_refused() {
        let declined = r#"{"error": {"code": "card_declined", "message": "Your card was declined."}}"#;
        let reason = "Stripe answered 402 card_declined: Your card was declined.";
        assert_eq!(failure(402, declined), Failure::Refused(reason.to_owned()));
        for status in [400, 404] {
            assert!(matches!(failure(status, "{}"), Failure::Refused(_)), "{status}");
        }
        for status in [401, 403, 409, 429, 500, 502, 503] {
            assert!(
                matches!(failure(status, "<html>"), Failure::Unknown(_)),
                "{status}"
            );
        }
        let unreadable = interpret::<Value>(StatusCode::OK, b"<html>");
        assert!(matches!(unreadable, Err(Failure::Unknown(_))), "{unreadable:?}");
    }

    #[test]
    fn names_with_brackets_and_values_in_korean_are_encoded() {
        assert_eq!(encoded("created[gte]"), "created%5Bgte%5D");
        assert_eq!(encoded("통"), "%ED%86%B5");
    }
}
