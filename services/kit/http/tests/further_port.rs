//! Runs a service that serves further routes on a port of their own.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use axum::Router;
use axum::routing::get;
use fdp_http::Serve as _;
use fdp_runtime::Service;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// What `GET path` on `port` is answered; `None` if nothing listens there.
async fn answer(port: u16, path: &'static str) -> Option<String> {
    let ask = move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text)
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test]
async fn a_further_port_has_its_own_routes_and_ends_with_the_service() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut service = Service::new("test", 0).unwrap();
    // The service never gets ready, which further routes don't wait for.
    let _check = service.health().required("database");
    let further = Router::new().route("/drills", get(|| async { "none" }));
    service.serve_also(port, further).await.unwrap();
    let stopping = service.stopping();
    let served = tokio::spawn(service.serve(Router::new()));
    let drills = answer(port, "/drills").await.unwrap();
    assert!(
        drills.starts_with("HTTP/1.1 200 ") && drills.ends_with("none"),
        "{drills}"
    );
    let metrics = answer(port, "/metrics").await.unwrap();
    assert!(metrics.starts_with("HTTP/1.1 404 "), "{metrics}");
    stopping.cancel();
    served.await.unwrap().unwrap();
    assert_eq!(answer(port, "/drills").await, None);
}
