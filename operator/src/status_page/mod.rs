//! The operator's status pages, health endpoints and metrics, served from its cache alone.

mod assets;
mod dashboard;
mod headers;
mod pages;
#[cfg(test)]
mod tests;

use std::{future::Future, io, net::SocketAddr};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    middleware::map_response,
    response::IntoResponse,
    routing::get,
};
use tokio::net::TcpListener;

use crate::view::metrics::platform_metrics;
pub use dashboard::{Dashboard, DrillsOf};

/// The dashboard could not be served.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// The address is in use, or is not an address of this machine.
    #[error("listen on {address} for the dashboard")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The listener failed while serving.
    #[error("serve the dashboard on {address}")]
    Serve {
        /// The address listened on.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// Every route of the dashboard: the pages `/` and `/platforms/{namespace}/{name}`, `/healthz`, `/readyz`,
/// `/metrics` and `/assets/…`. Nothing here calls the Kubernetes API.
pub fn routes(dashboard: Dashboard) -> Router {
    Router::new()
        .route("/", get(pages::list))
        .route("/platforms/{namespace}/{name}", get(pages::platform))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/assets/{name}", get(assets::serve))
        .fallback(pages::no_such_page)
        .layer(map_response(headers::secure))
        .with_state(dashboard)
}

/// Serves the dashboard on `address` until `stop` completes; running responses are finished first.
pub async fn serve(
    address: SocketAddr,
    dashboard: Dashboard,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), DashboardError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| DashboardError::Listen { address, source })?;
    tracing::info!(%address, "dashboard listens");
    axum::serve(listener, routes(dashboard))
        .with_graceful_shutdown(stop)
        .await
        .map_err(|source| DashboardError::Serve { address, source })
}

async fn readyz(State(dashboard): State<Dashboard>) -> (StatusCode, String) {
    match (dashboard.waits_for)() {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(what) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {what}\n")),
    }
}

async fn metrics(State(dashboard): State<Dashboard>) -> impl IntoResponse {
    let platforms = dashboard.platforms.state();
    let conditions = platform_metrics(platforms.iter().map(AsRef::as_ref), &dashboard.changes);
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        dashboard.metrics.render() + &conditions,
    )
}
