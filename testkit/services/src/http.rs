//! A small HTTP client that returns every response, whatever its status.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// Longer than the gateway waits for a service.
const TIMEOUT: Duration = Duration::from_secs(35);

/// A client of one server. Clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    base: String,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body, or null if it is not JSON.
    pub body: Value,
    /// The body as text.
    pub plain: String,
    /// The request, for error messages.
    asked: String,
}

impl Client {
    pub fn new(port: u16) -> Self {
        Self::with_timeout(port, TIMEOUT)
    }

    /// A client with another timeout.
    pub fn with_timeout(port: u16, patience: Duration) -> Self {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(patience))
            .max_idle_connections_per_host(0)
            .build()
            .into();
        Self {
            agent,
            base: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Sends a GET request.
    ///
    /// # Errors
    /// When there is no response.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, &[], None)
    }

    /// Sends a DELETE request.
    ///
    /// # Errors
    /// When there is no response.
    pub fn delete(&self, path: &str) -> Result<Answer> {
        self.send("DELETE", path, &[], None)
    }

    /// Sends a POST request with a JSON body.
    ///
    /// # Errors
    /// When there is no response.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("POST", path, &[], Some(body))
    }

    /// Sends any request.
    ///
    /// # Errors
    /// When there is no response; the message contains the request.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer> {
        let asked = format!("{method} {path}");
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body.to_string())?),
            None => self.agent.run(request.body(())?),
        };
        let mut answer = answer.with_context(|| asked.clone())?;
        let text = answer
            .body_mut()
            .read_to_string()
            .with_context(|| format!("reading the answer to {asked}"))?;
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or_default(),
            plain: text,
            asked,
        })
    }
}

impl Answer {
    /// The response, if it has the status `expected`.
    ///
    /// # Errors
    /// When it has another one.
    pub fn expect(self, expected: u16) -> Result<Self> {
        if self.status != expected {
            bail!(
                "{} was answered {} where {expected} was expected: {}",
                self.asked,
                self.status,
                self.body
            );
        }
        Ok(self)
    }

    /// The response, if it is problem+json with this status and has a type, title and detail.
    ///
    /// # Errors
    /// When it is not.
    pub fn expect_problem(self, expected: u16) -> Result<Self> {
        let answer = self.expect(expected)?;
        let kind = answer
            .headers
            .get("content-type")
            .map(ureq::http::HeaderValue::as_bytes);
        let complete = ["type", "title", "detail"]
            .iter()
            .all(|field| answer.body[field].as_str().is_some_and(|text| !text.is_empty()));
        if kind != Some(b"application/problem+json") || !complete {
            bail!("{} was not answered with a problem: {answer:?}", answer.asked);
        }
        Ok(answer)
    }

    /// The text in the field `name` of the body.
    ///
    /// # Errors
    /// When there is none.
    pub fn text(&self, name: &str) -> Result<String> {
        self.body[name]
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("the answer to {} has no {name}: {}", self.asked, self.body))
    }
}
