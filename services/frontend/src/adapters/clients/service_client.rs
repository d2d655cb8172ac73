//! One call of another service on behalf of an owner or a rider, whom it is told as the gateway tells services.

use crate::application::work::ServiceError;
use fdp_http::caller::CALLER;
use fdp_http::{Caller, Problem};
use fdp_runtime::trace;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const MAX_ATTEMPTS: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(200);

/// A client of one service.
#[derive(Debug, Clone)]
pub(super) struct ServiceClient {
    http: reqwest::Client,
    base: String,
}

/// What is asked of the service; all of it may be repeated.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// In words, for errors.
    pub(super) operation: &'static str,
    /// On whose behalf.
    pub(super) caller: &'a Caller,
    /// The method.
    pub(super) method: Method,
    /// The path, with its query.
    pub(super) path: String,
    /// Headers beside those of every call.
    pub(super) headers: HeaderMap,
    /// The JSON body, if there is one.
    pub(super) body: Option<Value>,
}

impl<'a> Call<'a> {
    /// Reads what is at a path.
    pub(super) fn get(operation: &'static str, caller: &'a Caller, path: String) -> Self {
        Self {
            operation,
            caller,
            method: Method::GET,
            path,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// Sends something to a path.
    pub(super) fn send(
        operation: &'static str,
        caller: &'a Caller,
        method: Method,
        path: String,
        body: Option<Value>,
    ) -> Self {
        Self {
            method,
            body,
            ..Self::get(operation, caller, path)
        }
    }

    /// With a header more. A text that no header can hold is left out.
    pub(super) fn with(mut self, name: header::HeaderName, value: Option<&str>) -> Self {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            self.headers.insert(name, value);
        }
        self
    }
}

impl ServiceClient {
    /// A client of the service at `base`, say `http://store:8083`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub(super) fn new(base: &str) -> Result<Self, reqwest::Error> {
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

    /// Calls the service, and reads its answer.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub(super) async fn read<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, ServiceError> {
        let response = self.call(call).await?;
        response.json().await.map_err(|error| no_answer(call, error))
    }

    /// Calls the service.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Response, ServiceError> {
        let response = self.sent(call).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(ServiceError::Rejected {
            operation: call.operation,
            problem: problem(response).await,
        })
    }

    /// Sends the request, and again while the connection fails.
    async fn sent(&self, call: &Call<'_>) -> Result<Response, ServiceError> {
        let mut attempt = 1;
        loop {
            let error = match self.request(call).send().await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            // After a timeout there is no time left.
            if attempt == MAX_ATTEMPTS || error.is_timeout() {
                return Err(if error.is_connect() {
                    ServiceError::Unreachable {
                        operation: call.operation,
                        source: error.into(),
                    }
                } else {
                    no_answer(call, error)
                });
            }
            tracing::debug!(%error, attempt, operation = call.operation, "the connection failed; trying again");
            tokio::time::sleep(BACKOFF * attempt).await;
            attempt += 1;
        }
    }

    fn request(&self, call: &Call<'_>) -> RequestBuilder {
        let mut request = self
            .http
            .request(call.method.clone(), format!("{}{}", self.base, call.path))
            .headers(call.headers.clone());
        if let Some(caller) = call.caller.header() {
            request = request.header(CALLER, caller);
        }
        if let Some(traceparent) = trace::current_header() {
            request = request.header("traceparent", traceparent);
        }
        match &call.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

/// Why the service refused.
async fn problem(response: Response) -> Problem {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    let told = if is_problem {
        response.json().await.ok()
    } else {
        None
    };
    let status = StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    told.unwrap_or_else(|| Problem::new(status, "unexpected-answer", status.to_string()))
}

fn no_answer(call: &Call<'_>, error: reqwest::Error) -> ServiceError {
    ServiceError::NoAnswer {
        operation: call.operation,
        source: error.into(),
    }
}
