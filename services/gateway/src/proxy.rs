//! Passing a request on to a service and its answer back, both streamed, with careful second attempts.

use crate::body::{BodyError, SharedBody};
use crate::headers::{self, Origin};
use crate::switching::Switching;
use crate::upstream::Upstream;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use fdp_kit::{Problem, trace};
use futures::StreamExt as _;
use http::{HeaderValue, Method, Request, StatusCode, header, request};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const CONNECT: Duration = Duration::from_secs(1);
/// Short, so that a replica that was replaced is soon forgotten.
const IDLE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// What a request may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: u64,
    /// Until the head of the answer is there, attempts included; the body may take as long as it likes.
    pub answer: Duration,
    /// For second attempts after the first.
    pub retry: Duration,
    /// Whether `X-Forwarded-*` and `Forwarded` of the peer count: true only behind a proxy that sets them.
    pub trust_peer: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            answer: Duration::from_secs(30),
            retry: Duration::from_secs(2),
            trust_peer: false,
        }
    }
}

/// Passes requests on.
#[derive(Debug, Clone)]
pub struct Proxy {
    client: Client<HttpConnector, SharedBody>,
    limits: Limits,
    stop: CancellationToken,
}

/// Why there is no answer of the service.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("making the request: {0}")]
    Request(#[from] http::Error),
    #[error("connecting to {0}: {1}")]
    Unreachable(Upstream, #[source] Error),
    #[error("sending to {0}: {1}")]
    Broken(Upstream, #[source] Error),
    #[error("{0} did not answer in time")]
    Slow(Upstream),
}

impl Proxy {
    /// A proxy with a connection pool of its own. Endless answers end when `stop` fires.
    pub fn new(limits: Limits, stop: CancellationToken) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Self { client, limits, stop }
    }

    /// The answer of `upstream` to `request`, or a problem that says why there is none. `caller` is whom the service
    /// is told that the request acts for; an answer without an end ends at the instant `until`.
    pub(crate) async fn pass(
        &self,
        upstream: &Upstream,
        request: Request<Body>,
        caller: Option<HeaderValue>,
        until: Option<Instant>,
    ) -> Response {
        match self.answer(upstream, request, caller, until).await {
            Ok(response) => response,
            Err(failure) => {
                tracing::warn!(upstream = upstream.name(), %failure, "no answer");
                problem(upstream.name(), &failure, self.limits.body).into_response()
            }
        }
    }

    async fn answer(
        &self,
        upstream: &Upstream,
        mut request: Request<Body>,
        caller: Option<HeaderValue>,
        until: Option<Instant>,
    ) -> Result<Response, Failure> {
        let switching = Switching::asked_for(&mut request);
        let (mut head, body) = request.into_parts();
        let body = SharedBody::new(body, self.limits.body)?;
        self.prepare(upstream, &mut head)?;
        // Last: a client can have any header removed before, by naming it in `Connection`.
        headers::set_caller(&mut head.headers, caller);
        if let Some(switching) = &switching {
            switching.ask(&mut head.headers);
        }
        let request_id = headers::present_request_id(&head.headers);
        let sending = tokio::time::timeout(self.limits.answer, self.send(upstream, &head, &body));
        let answered = sending
            .await
            .unwrap_or_else(|_| Err(Failure::Slow(upstream.clone())));
        // A client that sends too much, or stops sending, breaks the connection to the service: not its fault.
        let answered = answered.map_err(|failure| body.error().map_or(failure, Failure::Body))?;
        match switching {
            Some(switching) if answered.status() == StatusCode::SWITCHING_PROTOCOLS => {
                Ok(switching.join(answered, request_id, self.over(until)))
            }
            _ => Ok(self.prepare_answer(answered, request_id, until)),
        }
    }

    /// Fires when an answer without an end has to end: with the gateway, or with the token of who asked.
    fn over(&self, until: Option<Instant>) -> impl Future<Output = ()> + Send + 'static {
        let stop = self.stop.clone();
        async move {
            match until {
                Some(until) => {
                    stop.run_until_cancelled(tokio::time::sleep_until(until)).await;
                }
                None => stop.cancelled().await,
            }
        }
    }

    fn prepare(&self, upstream: &Upstream, head: &mut request::Parts) -> Result<(), Failure> {
        let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
        let host = head.headers.get(header::HOST).cloned().or_else(|| {
            let authority = head.uri.authority()?;
            HeaderValue::from_str(authority.as_str()).ok()
        });
        let origin = Origin {
            peer: peer.map(|peer| peer.0.ip()),
            host: host.as_ref(),
            peer_is_trusted: self.limits.trust_peer,
        };
        headers::for_upstream(&mut head.headers, origin, trace::current_header().as_deref());
        head.uri = upstream.uri(head.uri.path_and_query())?;
        Ok(())
    }

    /// Sends until there is an answer. What was not sent at all is sent again, whatever it is; what was sent and
    /// broke off before an answer is sent again only if it changes nothing.
    async fn send(
        &self,
        upstream: &Upstream,
        head: &request::Parts,
        body: &SharedBody,
    ) -> Result<http::Response<Incoming>, Failure> {
        let give_up = Instant::now() + self.limits.retry;
        let mut pause = FIRST_PAUSE;
        loop {
            let mut request = Request::new(body.clone());
            *request.method_mut() = head.method.clone();
            *request.uri_mut() = head.uri.clone();
            *request.headers_mut() = head.headers.clone();
            let error = match self.client.request(request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let changes_nothing = matches!(head.method, Method::GET | Method::HEAD);
            let again = body.is_whole() && (error.is_connect() || changes_nothing);
            if !again || Instant::now() + pause > give_up {
                let kind = if error.is_connect() {
                    Failure::Unreachable
                } else {
                    Failure::Broken
                };
                return Err(kind(upstream.clone(), error));
            }
            metrics::counter!("gateway_retries_total", "upstream" => upstream.name().to_owned()).increment(1);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn prepare_answer(
        &self,
        response: http::Response<Incoming>,
        request_id: Option<HeaderValue>,
        until: Option<Instant>,
    ) -> Response {
        let (mut head, body) = response.into_parts();
        headers::for_client(&mut head.headers, request_id);
        let kind = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let endless = kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"));
        let body = Body::new(body);
        let body = if endless {
            // Else it would hold up the end of the gateway; the client reconnects to another replica.
            Body::from_stream(body.into_data_stream().take_until(self.over(until)))
        } else {
            body
        };
        Response::from_parts(head, body)
    }
}

fn problem(service: &str, failure: &Failure, body_limit: u64) -> Problem {
    match failure {
        Failure::Body(BodyError::TooLarge) => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            format!("the body of a request can be {body_limit} bytes at most"),
        ),
        Failure::Body(BodyError::Broken) => Problem::bad_request("the body broke off"),
        Failure::Request(_) => Problem::bad_request("the path cannot be passed on"),
        Failure::Unreachable(..) => Problem {
            retry_after: Some(1),
            ..Problem::new(
                StatusCode::BAD_GATEWAY,
                "service-unreachable",
                format!("the {service} service cannot be reached; try again in a moment"),
            )
        },
        Failure::Broken(..) => Problem::new(
            StatusCode::BAD_GATEWAY,
            "answer-broken",
            format!(
                "the {service} service broke off before it answered; it may or may not have done what was asked"
            ),
        ),
        Failure::Slow(_) => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "answer-late",
            format!(
                "the {service} service did not answer in time; it may or may not have done what was asked"
            ),
        ),
    }
}
