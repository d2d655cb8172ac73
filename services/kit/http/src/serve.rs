//! Serves a service's routes over HTTP, on one port or several, until it is told to stop.

use crate::connections::{self, Limits};
use crate::routes;
use axum::Router;
use fdp_runtime::{Service, ServiceError};
use std::net::IpAddr;
use tokio::net::TcpListener;

/// Why a service could not start serving, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port is taken, or serving failed.
    #[error("serving HTTP on port {port}: {source}")]
    Listen {
        /// The port: `PORT`, `MANAGEMENT_PORT`, or that of [`Serve::serve_also`].
        port: u16,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A task other than the server failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Serves routes; the last step of a service's `main`.
pub trait Serve {
    /// Serves `routes` until SIGTERM or SIGINT, lets requests in progress finish, and stops the background tasks.
    ///
    /// # Errors
    /// When listening fails, or a background task ends before the stop signal; requests in progress finish then too.
    fn serve(self, routes: Router) -> impl Future<Output = Result<(), ServeError>> + Send;

    /// Serves `routes` on `port` beside the service's own routes, from now on and until these end. They answer also
    /// while the service is not ready, and without the operational routes.
    ///
    /// # Errors
    /// When listening fails.
    fn serve_also(
        &mut self,
        port: u16,
        routes: Router,
    ) -> impl Future<Output = Result<(), ServeError>> + Send;
}

impl Serve for Service {
    async fn serve(mut self, routes: Router) -> Result<(), ServeError> {
        let listener = listen(self.bind_address(), self.port()).await?;
        let (health, metrics) = (self.health().clone(), self.metrics().clone());
        let limits = limits(&self);
        let stop = self.stopping();
        let app = if let Some(port) = self.management_port() {
            let management = routes::management(health.clone(), metrics);
            let listener = listen(self.bind_address(), port).await?;
            self.spawn(connections::serve(listener, management, limits, stop.clone()));
            routes::public_router(routes, health)
        } else {
            routes::router(routes, health, metrics)
        };
        self.run(connections::serve(listener, app, limits, stop)).await?;
        Ok(())
    }

    async fn serve_also(&mut self, port: u16, routes: Router) -> Result<(), ServeError> {
        let listener = listen(self.bind_address(), port).await?;
        let (limits, stop) = (limits(self), self.stopping());
        self.spawn(connections::serve(
            listener,
            routes::further_router(routes),
            limits,
            stop,
        ));
        Ok(())
    }
}

fn limits(service: &Service) -> Limits {
    Limits {
        drain: service.shutdown_times().connections,
        ..Limits::default()
    }
}

async fn listen(bind_address: Option<IpAddr>, port: u16) -> Result<TcpListener, ServeError> {
    let bound = fdp_runtime::listen(bind_address, port).await;
    bound.map_err(|source| ServeError::Listen { port, source })
}
