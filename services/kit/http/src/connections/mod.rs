//! Connections to a service: how many may be open, how long a request's head may take, and how they are closed.

use crate::composed_uri::composed_uri;
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

/// The pause before the next attempt when accepting fails for lack of resources (too many open files).
const PAUSE: Duration = Duration::from_secs(1);

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many may be open at once; further ones wait until one is closed.
    pub(crate) max_open: usize,
    /// The timeout for the head of a request, counted from the previous response. It therefore also closes idle
    /// connections.
    pub(crate) head: Duration,
    /// For how long after the stop signal connections are accepted and idle ones stay open. A peer that drops idle
    /// connections from its pool sooner than this never sends a request on a connection that is being closed.
    pub(crate) drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // About what fits into the gateway's 128 MiB, where each connection has a second one to an upstream.
            max_open: 4096,
            // A little more than the 60 s after which most load balancers close an idle connection: if both sides close
            // it at the same time, a request may be lost.
            head: Duration::from_secs(65),
            drain: Duration::from_secs(7),
        }
    }
}

/// Where connections come from.
trait Listener {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Returns the next connection; retries until there is one.
    fn accept(&mut self) -> impl Future<Output = (Self::Stream, SocketAddr)> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match TcpListener::accept(self).await {
                Ok((stream, peer)) => {
                    // Sends without delay: an event of a stream is small, and no more data follows it.
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

/// Whether the error concerns one connection only: the client closed it before it was accepted.
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Serves `app` on `listener`. After `stop` is cancelled, it continues for `limits.drain`, but each response closes its
/// connection. Then it accepts no more connections, closes idle ones, and returns when all requests are answered.
pub(crate) async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: CancellationToken) {
    serve_from(listener, app, limits, stop).await;
}

async fn serve_from(mut listener: impl Listener, app: Router, limits: Limits, stop: CancellationToken) {
    // Done once here: a router without its state would prepare its handlers again for each request.
    let app: Router = app.with_state(());
    let permits = Arc::new(Semaphore::new(limits.max_open));
    let open = TaskTracker::new();
    let close = CancellationToken::new();
    let mut drained = pin!(async {
        stop.cancelled().await;
        tokio::time::sleep(limits.drain).await;
    });
    loop {
        let next = async {
            // The semaphore is never closed, so this is always a permit.
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
            // Child tokens: connections poll them often, and would contend for a shared one.
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

/// One connection, and what closes it.
struct Connection {
    peer: SocketAddr,
    head: Duration,
    /// Once cancelled, each response is the last one of its connection.
    stop: CancellationToken,
    /// Once cancelled, the connection is closed as soon as no request is in progress.
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
            if let Some(uri) = composed_uri(request.uri()) {
                *request.uri_mut() = uri;
            }
            request.extensions_mut().insert(ConnectInfo(peer));
            let (responded, stop) = (app.clone().call(request), stop.clone());
            async move {
                let mut response = responded.await?;
                if stop.is_cancelled() {
                    set_connection_close(&mut response);
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

/// Adds `Connection: close`: the peer drops the connection from its pool, and the server closes it after the response.
fn set_connection_close(response: &mut Response) {
    // An upgraded connection carries no more requests anyway.
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

#[cfg(test)]
mod tests;
