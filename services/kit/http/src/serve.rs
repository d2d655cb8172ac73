//! Serves a service's routes over HTTP until it is told to stop.

use crate::connections::{self, Limits};
use crate::routes;
use axum::Router;
use fdp_runtime::{Service, ServiceError};
use std::net::IpAddr;
use tokio::net::TcpListener;

/// What keeps a service from serving, or ends it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port is taken, or serving failed.
    #[error("serving HTTP on port {port}: {source}")]
    Listen {
        /// `PORT`, or `MANAGEMENT_PORT`.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something beside the server has failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Serving routes, the last step of a service's `main`.
pub trait Serve {
    /// Serves `routes` until SIGTERM or SIGINT, lets requests under way finish, and ends the background tasks.
    ///
    /// # Errors
    /// When a port cannot be had, or a background task ends before it is told to; requests under way finish then too.
    fn serve(self, routes: Router) -> impl Future<Output = Result<(), ServeError>> + Send;
}

impl Serve for Service {
    async fn serve(mut self, routes: Router) -> Result<(), ServeError> {
        let listener = listen(self.bind_address(), self.port()).await?;
        let (health, metrics) = (self.health().clone(), self.metrics().clone());
        let limits = Limits {
            drain: self.shutdown_times().connections,
            ..Limits::default()
        };
        let stop = self.stopping();
        let app = if let Some(port) = self.management_port() {
            let management = routes::management(health.clone(), metrics);
            let listener = listen(self.bind_address(), port).await?;
            self.spawn(connections::serve(listener, management, limits, stop.clone()));
            routes::open_to_the_world(routes, health)
        } else {
            routes::router(routes, health, metrics)
        };
        self.run(connections::serve(listener, app, limits, stop)).await?;
        Ok(())
    }
}

async fn listen(bind_address: Option<IpAddr>, port: u16) -> Result<TcpListener, ServeError> {
    let bound = fdp_runtime::listen(bind_address, port).await;
    bound.map_err(|source| ServeError::Listen { port, source })
}
