//! Tests with low limits, with clients that are slow, many or late, and with servers that are stopped.

use super::*;
use axum::routing::{any, get};
use std::sync::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

const TEST_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n";

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

async fn start(app: Router, limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let served = tokio::spawn(serve(listener, app, limits, stop.clone()));
    Server {
        address,
        stop,
        served,
    }
}

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(TEST_TIMEOUT, work).await.unwrap()
}

/// Reads the head of a response and a body of `length` bytes.
async fn response(connection: &mut (impl AsyncRead + Unpin), length: usize) -> String {
    let mut response = Vec::new();
    while !response.ends_with(b"\r\n\r\n") {
        response.push(in_time(connection.read_u8()).await.unwrap());
    }
    for _ in 0..length {
        response.push(in_time(connection.read_u8()).await.unwrap());
    }
    String::from_utf8(response).unwrap().to_lowercase()
}

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

#[tokio::test]
async fn a_connection_that_never_finishes_its_head_is_closed() {
    let limits = Limits {
        head: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = start(hello(), limits).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut rest = Vec::new();
    // The client keeps sending slowly, as an attacker does.
    let slowly = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if client.write_all(b"x").await.is_err() {
                return;
            }
        }
    };
    in_time(slowly).await;
    let _ = client.read_to_end(&mut rest).await;
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "nothing was asked");
}

#[tokio::test]
async fn a_connection_on_which_nothing_happens_is_closed() {
    let limits = Limits {
        head: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = start(hello(), limits).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    assert!(response(&mut client, 5).await.ends_with("hello"));
    let mut rest = Vec::new();
    let _ = in_time(client.read_to_end(&mut rest)).await;
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "nothing more was asked");
}

#[tokio::test]
async fn a_response_may_take_longer_than_a_head() {
    let limits = Limits {
        head: Duration::from_millis(100),
        ..Limits::default()
    };
    let slow = get(|| async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        "hello"
    });
    let server = start(Router::new().route("/", slow), limits).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    assert!(response(&mut client, 5).await.ends_with("hello"));
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_one_ends() {
    let limits = Limits {
        max_open: 1,
        ..Limits::default()
    };
    let seen: Arc<Mutex<Vec<SocketAddr>>> = Arc::default();
    let note = seen.clone();
    let app = get(async move |ConnectInfo(peer): ConnectInfo<SocketAddr>| {
        note.lock().unwrap().push(peer);
        "hello"
    });
    let server = start(Router::new().route("/", app), limits).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(REQUEST).await.unwrap();
    response(&mut first, 5).await;
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(REQUEST).await.unwrap();
    for _ in 0..20 {
        first.write_all(REQUEST).await.unwrap();
        response(&mut first, 5).await;
    }
    let first_only = |peers: &[SocketAddr]| peers.iter().all(|peer| *peer == first.local_addr().unwrap());
    assert!(first_only(&seen.lock().unwrap()), "there is one place");
    drop(first);
    response(&mut second, 5).await;
    assert_eq!(seen.lock().unwrap().last(), Some(&second.local_addr().unwrap()));
}

#[tokio::test]
async fn after_draining_requests_under_way_finish_and_nobody_else_is_let_in() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, wait) = (begun.clone(), go_on.clone());
    let app = get(async move || {
        told.notify_one();
        wait.notified().await;
        "hello"
    });
    let limits = Limits {
        drain: Duration::ZERO,
        ..Limits::default()
    };
    let server = start(Router::new().route("/", app), limits).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    in_time(begun.notified()).await;
    server.stop.cancel();
    let mut rest = Vec::new();
    in_time(silent.read_to_end(&mut rest)).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.served.is_finished(), "a request is under way");
    go_on.notify_one();
    let answered = response(&mut client, 5).await;
    assert!(answered.contains("connection: close"), "{answered}");
    in_time(server.served).await.unwrap();
}

#[tokio::test]
async fn a_connection_can_change_its_protocol() {
    let app = any(async |mut request: axum::extract::Request| {
        let upgraded = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut upgraded = TokioIo::new(upgraded.await.unwrap());
            upgraded.write_all(b"switched").await.unwrap();
        });
        (
            axum::http::StatusCode::SWITCHING_PROTOCOLS,
            [("connection", "upgrade"), ("upgrade", "websocket")],
        )
    });
    let server = start(Router::new().route("/", app), Limits::default()).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: shop\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    client.write_all(request).await.unwrap();
    assert!(response(&mut client, 8).await.ends_with("switched"));
}

/// Connections inside the test, so that its time can be paused.
struct InMemory(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for InMemory {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        match self.0.recv().await {
            Some(stream) => (stream, ([127, 0, 0, 1], 1).into()),
            None => std::future::pending().await,
        }
    }
}

/// Starts a server, and returns it with its stop token and a connection on which it has answered one request.
async fn greeted() -> (JoinHandle<()>, CancellationToken, DuplexStream) {
    let (connections, accepted) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let served = serve_from(InMemory(accepted), hello(), Limits::default(), stop.clone());
    let served = tokio::spawn(served);
    let (mut client, other_end) = duplex(4096);
    connections.send(other_end).unwrap();
    client.write_all(REQUEST).await.unwrap();
    let first = response(&mut client, 5).await;
    assert!(!first.contains("connection: close"), "{first}");
    (served, stop, client)
}

#[tokio::test(start_paused = true)]
async fn a_request_on_a_kept_connection_is_answered_5_s_after_the_signal() {
    let (served, stop, mut client) = greeted().await;
    stop.cancel();
    tokio::time::sleep(Duration::from_secs(5)).await;
    client.write_all(REQUEST).await.unwrap();
    let last = response(&mut client, 5).await;
    assert!(
        last.ends_with("hello") && last.contains("connection: close"),
        "{last}"
    );
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"", "the server closes it");
    served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed_once_no_pool_keeps_it_any_more() {
    let (served, stop, mut client) = greeted().await;
    let told = Instant::now();
    stop.cancel();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert_eq!(told.elapsed().as_secs(), 7);
    served.await.unwrap();
}

#[tokio::test]
async fn new_connections_are_accepted_while_draining() {
    let server = start(hello(), Limits::default()).await;
    server.stop.cancel();
    for _ in 0..3 {
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(REQUEST).await.unwrap();
        let only = response(&mut client, 5).await;
        assert!(
            only.ends_with("hello") && only.contains("connection: close"),
            "{only}"
        );
    }
    assert!(!server.served.is_finished());
}
