//! Connections to a service: how many there may be, how long a request's head may take, and their orderly end.

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

/// Before the next attempt when the system has no connection to give (too many open files).
const PAUSE: Duration = Duration::from_secs(1);

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many are open at once; further ones wait until one ends.
    pub(crate) at_once: usize,
    /// How long the head of a request may take, counted from the answer before it: who is silent for that long is
    /// sent away too.
    pub(crate) head: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // With one more to a service behind it for each, about what fits into a gateway's 128 MiB.
            at_once: 4096,
            // A little more than the minute after which the usual load balancers give up a silent connection: if both
            // end it at once, a request may get lost.
            head: Duration::from_secs(65),
        }
    }
}

/// Serves `app` on `listener` until `stop` fires and the requests that are under way then have their answers.
pub(crate) async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: CancellationToken) {
    // Once for all connections: a router that waits for a state prepares its handlers for each request.
    let app: Router = app.with_state(());
    let places = Arc::new(Semaphore::new(limits.at_once));
    let open = TaskTracker::new();
    while let Some((stream, peer, place)) = stop.run_until_cancelled(accept(&listener, &places)).await {
        // A token of its own: all connections look at theirs whenever they do something.
        let (app, stop) = (app.clone(), stop.child_token());
        open.spawn(async move {
            connection(stream, peer, app, limits.head, stop).await;
            drop(place);
        });
    }
    drop(listener);
    open.close();
    open.wait().await;
}

/// The next connection, and its place among those that may be open.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Nobody closes the semaphore, so this is a place.
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "accepting a connection failed; trying again");
                tokio::time::sleep(PAUSE).await;
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

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    head: Duration,
    stop: CancellationToken,
) {
    // What is sent leaves at once: an event of a stream is small and nothing follows it.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .serve_connection(TokioIo::new(stream), answer)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = tokio::select! {
        biased;
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, %peer, "a connection broke off");
    }
}

#[cfg(test)]
mod tests;
