//! Gateways and upstream servers on loopback sockets.

#![allow(dead_code, reason = "each test program uses its part of this")]

pub(crate) mod issuer;

use axum::Router;
use fdp_runtime::Health;
use gateway::layers::authentication::{AuthSettings, Authentication};
use gateway::layers::proxy::Limits;
use gateway::layers::rate_limit::{RateLimit, RateLimiter};
use gateway::routes::routes;
use gateway::stack::Stack;
use gateway::upstream::Service;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    client: reqwest::Client,
}

impl Gateway {
    /// A gateway without sign-in and without a rate limit.
    pub(crate) async fn start(limits: Limits, url: impl Fn(Service) -> Option<String>) -> Self {
        Self::guarded(limits, AuthSettings::None, None, url).await
    }

    pub(crate) async fn guarded(
        limits: Limits,
        auth: AuthSettings,
        rate: Option<RateLimit>,
        url: impl Fn(Service) -> Option<String>,
    ) -> Self {
        Self::extended(limits, auth, rate, "", url).await
    }

    /// A gateway with routes to extensions.
    pub(crate) async fn extended(
        limits: Limits,
        auth: AuthSettings,
        rate: Option<RateLimit>,
        extensions: &str,
        url: impl Fn(Service) -> Option<String>,
    ) -> Self {
        let stop = CancellationToken::new();
        let authentication = Authentication::new(auth, &Health::default()).unwrap();
        tokio::spawn(authentication.clone().refresh_keys(stop.clone()));
        let rate_limiter = rate.map(RateLimiter::new);
        let stack = Arc::new(Stack::new(authentication, rate_limiter, limits, stop.clone()));
        let extensions = extensions.parse().unwrap();
        let app = routes(&stack, &extensions, url).unwrap();
        Self {
            address: serve(app).await,
            stop,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// A gateway that sends every path to `upstream`.
    pub(crate) async fn to(upstream: SocketAddr, limits: Limits) -> Self {
        Self::start(limits, move |_| Some(format!("http://{upstream}"))).await
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.request(reqwest::Method::GET, path).send().await.unwrap()
    }
}

pub(crate) async fn problem_kind(response: reqwest::Response) -> String {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: serde_json::Value = response.json().await.unwrap();
    problem["type"].as_str().unwrap().to_owned()
}

/// A loopback address that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

pub(crate) struct Server {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    /// Stops the server and closes its connections.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    run(listener, app);
    address
}

pub(crate) async fn serve_at(address: SocketAddr, app: Router) -> Server {
    let socket = TcpSocket::new_v4().unwrap();
    // The address was in use shortly before.
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    run(socket.listen(128).unwrap(), app)
}

fn run(listener: TcpListener, app: Router) -> Server {
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let task = tokio::spawn(async move {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app)
            .with_graceful_shutdown(stopped)
            .await
            .unwrap();
    });
    Server { stop, task }
}

pub(crate) struct Flaky {
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Flaky {
    /// The number of requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// A server that reads its first `breaks` requests and closes their connections, and responds to later ones.
pub(crate) async fn flaky(breaks: usize) -> Flaky {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let end_of_head = |request: &[u8]| request.windows(4).any(|window| window == b"\r\n\r\n");
            while !end_of_head(&request) && connection.read_buf(&mut request).await.unwrap() > 0 {}
            if count.fetch_add(1, Ordering::SeqCst) >= breaks {
                let response = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
                connection.write_all(response).await.unwrap();
            }
        }
    });
    Flaky { address, requests }
}
