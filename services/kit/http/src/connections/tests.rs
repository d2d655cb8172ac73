//! Servers with narrow limits, and clients that are slow, many or late.

use super::*;
use axum::routing::{any, get};
use std::sync::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(10);
const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n";

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
    tokio::time::timeout(PATIENCE, work).await.unwrap()
}

/// Reads the head of an answer and a body of `length` bytes.
async fn answer(connection: &mut TcpStream, length: usize) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(in_time(connection.read_u8()).await.unwrap());
    }
    for _ in 0..length {
        answer.push(in_time(connection.read_u8()).await.unwrap());
    }
    String::from_utf8(answer).unwrap().to_lowercase()
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
    // It goes on sending, now and then, as an attacker does.
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
    client.write_all(ASK).await.unwrap();
    assert!(answer(&mut client, 5).await.ends_with("hello"));
    let mut rest = Vec::new();
    let _ = in_time(client.read_to_end(&mut rest)).await;
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "nothing more was asked");
}

#[tokio::test]
async fn an_answer_may_take_longer_than_a_head() {
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
    client.write_all(ASK).await.unwrap();
    assert!(answer(&mut client, 5).await.ends_with("hello"));
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_one_ends() {
    let limits = Limits {
        at_once: 1,
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
    first.write_all(ASK).await.unwrap();
    answer(&mut first, 5).await;
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(ASK).await.unwrap();
    for _ in 0..20 {
        first.write_all(ASK).await.unwrap();
        answer(&mut first, 5).await;
    }
    let first_only = |peers: &[SocketAddr]| peers.iter().all(|peer| *peer == first.local_addr().unwrap());
    assert!(first_only(&seen.lock().unwrap()), "there is one place");
    drop(first);
    answer(&mut second, 5).await;
    assert_eq!(seen.lock().unwrap().last(), Some(&second.local_addr().unwrap()));
}

#[tokio::test]
async fn at_the_end_requests_under_way_finish_and_nobody_else_is_let_in() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, wait) = (begun.clone(), go_on.clone());
    let app = get(async move || {
        told.notify_one();
        wait.notified().await;
        "hello"
    });
    let server = start(Router::new().route("/", app), Limits::default()).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(ASK).await.unwrap();
    in_time(begun.notified()).await;
    server.stop.cancel();
    let mut rest = Vec::new();
    in_time(silent.read_to_end(&mut rest)).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.served.is_finished(), "a request is under way");
    go_on.notify_one();
    let answered = answer(&mut client, 5).await;
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
    let wish = b"GET / HTTP/1.1\r\nhost: shop\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    client.write_all(wish).await.unwrap();
    assert!(answer(&mut client, 8).await.ends_with("switched"));
}
