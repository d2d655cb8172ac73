//! Sends a request to a service, with retries that never repeat a change.

use crate::layers::body_limit::LimitedBody;
use crate::layers::proxy::errors::ProxyError;
use crate::layers::proxy::limits::Limits;
use crate::upstream::Upstream;
use http::{Method, Request, request};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;
use tokio::time::Instant;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Short, so that connections to a replaced replica are soon closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(25);
const MAX_RETRY_DELAY: Duration = Duration::from_millis(400);

/// The HTTP client for services.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    client: Client<HttpConnector, LimitedBody>,
    limits: Limits,
}

impl Proxy {
    /// Creates a client with a connection pool of its own.
    pub(crate) fn new(limits: Limits) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Self { client, limits }
    }

    /// Sends the request, with retries, until there is a response or the timeout has passed.
    pub(crate) async fn send(
        &self,
        upstream: &Upstream,
        head: &request::Parts,
        body: &LimitedBody,
    ) -> Result<http::Response<Incoming>, ProxyError> {
        let attempts = self.send_with_retries(upstream, head, body);
        let result = tokio::time::timeout(self.limits.response_timeout, attempts)
            .await
            .unwrap_or_else(|_| Err(ProxyError::TimedOut(upstream.clone())));
        // A client that sends too much, or stops sending, breaks the connection to the service: that is its own fault.
        result.map_err(|error| body.error().map_or(error, ProxyError::Body))
    }

    /// A request that was not sent at all is retried; one that was sent without a response is retried only if its method
    /// is safe.
    async fn send_with_retries(
        &self,
        upstream: &Upstream,
        head: &request::Parts,
        body: &LimitedBody,
    ) -> Result<http::Response<Incoming>, ProxyError> {
        let last_retry = Instant::now() + self.limits.retry_window;
        let mut delay = FIRST_RETRY_DELAY;
        loop {
            let mut request = Request::new(body.clone());
            *request.method_mut() = head.method.clone();
            *request.uri_mut() = head.uri.clone();
            *request.headers_mut() = head.headers.clone();
            let error = match self.client.request(request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let is_safe = matches!(head.method, Method::GET | Method::HEAD);
            let may_retry = body.is_unread() && (error.is_connect() || is_safe);
            if !may_retry || Instant::now() + delay > last_retry {
                let kind = if error.is_connect() {
                    ProxyError::Unreachable
                } else {
                    ProxyError::Broken
                };
                return Err(kind(upstream.clone(), error));
            }
            metrics::counter!("gateway_retries_total", "upstream" => upstream.name().to_owned()).increment(1);
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(MAX_RETRY_DELAY);
        }
    }
}
