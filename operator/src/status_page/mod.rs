//! The operator's status pages, health endpoints and metrics, served from its cache alone.

mod assets;
mod headers;
mod pages;
#[cfg(test)]
pub(crate) mod tests;

use std::{fmt, future::Future, io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    middleware::map_response,
    response::IntoResponse,
    routing::get,
};
use fdp_crds::FoodDeliveryPlatform;
use kube::runtime::reflector::Store;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

/// What the pages and endpoints read.
#[derive(Clone)]
pub struct Dashboard {
    /// Every platform that the operator watches.
    pub platforms: Store<FoodDeliveryPlatform>,
    /// The operator's own metrics.
    pub metrics: PrometheusHandle,
    /// Whether the operator does its work; what `/readyz` answers.
    pub ready: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Dashboard")
            .field("platforms", &self.platforms.len())
            .field("ready", &(self.ready)())
            .finish_non_exhaustive()
    }
}

/// The dashboard could not be served.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// The address is taken, or not this machine's.
    #[error("listen on {address} for the dashboard")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The listener broke while it was in use.
    #[error("serve the dashboard on {address}")]
    Serve {
        /// The address listened on.
        address: SocketAddr,
        /// What the system said.
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

/// Serves the dashboard on `address` until `stop` completes; answers under way are finished first.
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

async fn readyz(State(dashboard): State<Dashboard>) -> (StatusCode, &'static str) {
    if (dashboard.ready)() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn metrics(State(dashboard): State<Dashboard>) -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        dashboard.metrics.render(),
    )
}
