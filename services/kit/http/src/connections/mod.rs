//! Connections to a service: how many there may be, how long a request's head may take, and their orderly end.

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::header::CONNECTION;
use http::{HeaderValue, StatusCode};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

/// Before the next attempt when the system has no connection to give (too many open files).
const PAUSE: Duration = Duration::from_secs(1);

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many are open at once; further ones wait until one ends.
    pub(crate) at_once: usize,
    /// How long the head of a request may take, counted from the response before it: an idle connection is closed after
    /// that time too.
    pub(crate) head: Duration,
    /// For how long after the signal to stop connections are accepted and idle ones stay open. A peer that keeps idle
    /// connections in a pool for less than that never sends a request on one that is being closed.
    pub(crate) drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // With one more to a service behind it for each, about what fits into a gateway's 128 MiB.
            at_once: 4096,
            // A little more than the minute after which the usual load balancers give up a silent connection: if both
            // end it at once, a request may get lost.
            head: Duration::from_secs(65),
            drain: Duration::from_secs(7),
        }
    }
}

/// Where connections come from.
trait Listener {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection; keeps at it until there is one.
    fn accept(&mut self) -> impl Future<Output = (Self::Stream, SocketAddr)> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match TcpListener::accept(self).await {
                Ok((stream, peer)) => {
                    // What is sent leaves at once: an event of a stream is small and nothing follows it.
                    let _ = stream.set_nodelay(true);
                    return (stream, peer);
                }
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "accepting a connection failed; trying again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Whether a client went away before its connection was accepted.
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Serves `app` on `listener`. When `stop` fires, it goes on for as long as `limits.drain` says, but each response then
/// closes its connection. After that it accepts no connection, closes idle ones, and ends when all requests are answered.
pub(crate) async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: CancellationToken) {
    serve_from(listener, app, limits, stop).await;
}

async fn serve_from(mut listener: impl Listener, app: Router, limits: Limits, stop: CancellationToken) {
    // Once for all connections: a router that waits for a state prepares its handlers for each request.
    let app: Router = app.with_state(());
    let permits = Arc::new(Semaphore::new(limits.at_once));
    let open = TaskTracker::new();
    let close = CancellationToken::new();
    let mut drained = pin!(async {
        stop.cancelled().await;
        tokio::time::sleep(limits.drain).await;
    });
    loop {
        let next = async {
            // Nobody closes the semaphore, so this is a permit.
            let permit = permits.clone().acquire_owned().await.ok();
            (listener.accept().await, permit)
        };
        let ((stream, peer), permit) = tokio::select! {
            biased;
            () = &mut drained => break,
            next = next => next,
        };
        let connection = Connection {
            peer,
            head: limits.head,
            // Tokens of its own: all connections check theirs whenever they do something.
            stop: stop.child_token(),
            close: close.child_token(),
        };
        let app = app.clone();
        open.spawn(async move {
            connection.serve(stream, app).await;
            drop(permit);
        });
    }
    drop(listener);
    close.cancel();
    open.close();
    open.wait().await;
}

/// One connection, and what ends it.
struct Connection {
    peer: SocketAddr,
    head: Duration,
    /// From then on each response is the last one of its connection.
    stop: CancellationToken,
    /// From then on it is closed as soon as no request is under way.
    close: CancellationToken,
}

impl Connection {
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, app: Router) {
        let Self {
            peer,
            head,
            stop,
            close,
        } = self;
        let respond = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            let (responded, stop) = (app.clone().call(request), stop.clone());
            async move {
                let mut response = responded.await?;
                if stop.is_cancelled() {
                    say_that_it_is_the_last(&mut response);
                }
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .serve_connection(TokioIo::new(stream), respond)
            .with_upgrades();
        let mut connection = pin!(connection);
        let served = tokio::select! {
            biased;
            served = connection.as_mut() => served,
            () = close.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, %peer, "a connection broke off");
        }
    }
}

/// The peer takes the connection out of its pool then, and the server closes it after the response.
fn say_that_it_is_the_last(response: &mut Response) {
    // A connection that changes its protocol is no longer one for requests anyway.
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

#[cfg(test)]
mod tests;
