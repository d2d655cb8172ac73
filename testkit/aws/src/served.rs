//! An HTTP server inside a test, on a loopback port; it ends when its value is dropped.

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};

pub struct Served {
    port: u16,
    server: JoinHandle<()>,
}

impl Served {
    pub async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { port, server }
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}
