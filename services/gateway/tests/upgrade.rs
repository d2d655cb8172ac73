//! Tests connections through the gateway that change their protocol.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use gateway::layers::authentication::{AuthSettings, IssuerSettings};
use gateway::layers::proxy::Limits;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use world::issuer::{self, Issuer, Key};
use world::{Gateway, serve};

const UPGRADE_REQUEST: &str = "GET /stores/1/live HTTP/1.1\r\nhost: shop\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async fn head(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

/// A gateway with sign-in, its issuer, and the issuer's key.
async fn with_sign_in(upstream: SocketAddr) -> (Gateway, Issuer, std::sync::Arc<Key>) {
    let key = Key::new("1");
    let issuer = Issuer::new(&[&key]);
    issuer.serve().await;
    let settings = AuthSettings::Oidc(IssuerSettings {
        clock_skew: Duration::ZERO,
        ..issuer.settings()
    });
    let gateway = Gateway::guarded(Limits::default(), settings, None, move |_| {
        Some(format!("http://{upstream}"))
    })
    .await;
    (gateway, issuer, key)
}

/// A service that accepts the upgrade and echoes every byte; it returns the head of the request.
async fn echo() -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let asked = head(&mut connection).await;
        let granted = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
            sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        connection.write_all(granted.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = connection.split();
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
        asked
    });
    (address, served)
}

#[tokio::test]
async fn a_web_socket_passes_both_ways_and_ends_with_the_gateway() {
    let (upstream, served) = echo().await;
    let gateway = Gateway::to(upstream, Limits::default()).await;
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(UPGRADE_REQUEST.as_bytes()).await.unwrap();
    let granted = head(&mut client).await;
    assert!(
        granted.starts_with("http/1.1 101") && granted.contains("upgrade: websocket"),
        "{granted}"
    );
    assert!(granted.contains("sec-websocket-accept: s3ppl"), "{granted}");
    for word in ["hello", "again"] {
        client.write_all(word.as_bytes()).await.unwrap();
        let mut back = [0; 5];
        client.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, word.as_bytes());
    }
    gateway.stop.cancel();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), client.read_to_end(&mut rest)).await;
    assert_eq!(ended.unwrap().unwrap(), 0);
    let asked = served.await.unwrap();
    assert!(
        asked.contains("upgrade: websocket") && asked.contains("sec-websocket-key:"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_web_socket_ends_when_the_client_disconnects() {
    let (upstream, served) = echo().await;
    let gateway = Gateway::to(upstream, Limits::default()).await;
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(UPGRADE_REQUEST.as_bytes()).await.unwrap();
    head(&mut client).await;
    drop(client);
    tokio::time::timeout(Duration::from_secs(5), served)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_service_that_does_not_upgrade_responds_as_usual() {
    let response = |request: Request| async move { format!("{:?}", request.headers().get("upgrade")) };
    let upstream = serve(Router::new().fallback(any(response))).await;
    let gateway = Gateway::to(upstream, Limits::default()).await;
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let request = UPGRADE_REQUEST.replace("keep-alive", "close");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).await.unwrap();
    assert!(
        response.starts_with("HTTP/1.1 200") && response.contains("websocket"),
        "{response}"
    );
    let http2 = UPGRADE_REQUEST
        .replace("websocket\r\n", "h2c\r\n")
        .replace("keep-alive", "close");
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(http2.as_bytes()).await.unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).await.unwrap();
    assert!(
        response.starts_with("HTTP/1.1 200") && response.ends_with("None"),
        "{response}"
    );
}

#[tokio::test]
async fn a_web_socket_ends_with_the_token_that_opened_it() {
    let (upstream, _served) = echo().await;
    let (gateway, issuer, key) = with_sign_in(upstream).await;
    let ends = issuer::now() + 2;
    let token = issuer.token_until(&key, "jung", "admin", ends);
    let request = UPGRADE_REQUEST.replace("host:", &format!("authorization: Bearer {token}\r\nhost:"));
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    let granted = head(&mut client).await;
    assert!(granted.starts_with("http/1.1 101"), "{granted}");
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), client.read_to_end(&mut rest)).await;
    ended.expect("it ends").unwrap();
    assert!(issuer::now() >= ends, "and not before the token does");
}

#[tokio::test]
async fn an_upgrade_cannot_set_the_caller_itself() {
    // {"subject":"boss","roles":["admin"]}
    let forged = "eyJzdWJqZWN0IjoiYm9zcyIsInJvbGVzIjpbImFkbWluIl19";
    let smuggled = format!("connection: upgrade, x-fdp-caller\r\nx-fdp-caller: {forged}");
    let callers = |asked: &str| asked.matches("x-fdp-caller").count();
    let request = UPGRADE_REQUEST.replace("connection: keep-alive, Upgrade", &smuggled);
    assert_eq!(callers(&request), 2);

    let (upstream, served) = echo().await;
    let gateway = Gateway::to(upstream, Limits::default()).await;
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    head(&mut client).await;
    drop(client);
    let asked = served.await.unwrap();
    assert_eq!(callers(&asked), 0, "{asked}");

    let (upstream, served) = echo().await;
    let (gateway, issuer, key) = with_sign_in(upstream).await;
    let token = issuer.token(&key, "jung", "admin");
    let request = request.replace("host:", &format!("authorization: Bearer {token}\r\nhost:"));
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    head(&mut client).await;
    drop(client);
    let asked = served.await.unwrap();
    assert_eq!(callers(&asked), 1, "{asked}");
    assert!(!asked.contains(&forged.to_lowercase()), "{asked}");
    assert!(asked.contains("connection: upgrade\r\n"), "{asked}");
}
