//! One service with all that it may need.

use axum::Router;
use fdp_http::Serve as _;
use fdp_messaging::{Effects, Subscribe as _, dead_letters};
use fdp_runtime::Health;
use fdp_storage::{OpenDatabase as _, Outbox};
use futures::future::BoxFuture;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What keeps a service from starting, or ends it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ServiceError(Box<dyn std::error::Error + Send + Sync>);

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ServiceError {
    ServiceError(Box::new(error))
}

/// One service and what runs beside its HTTP server.
pub struct Service(fdp_runtime::Service);

impl Service {
    /// Starts telemetry and reads settings. A program that was told `dead-letters …` does that instead, and ends.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn new(name: &'static str, default_port: u16) -> Result<Self, ServiceError> {
        dead_letters::run_if_asked(name).map_err(failed)?;
        fdp_runtime::Service::new(name, default_port)
            .map(Self)
            .map_err(failed)
    }

    /// For a service that is open to the world.
    ///
    /// # Errors
    /// When the setting cannot be read.
    pub fn managed_on(self, default_port: u16) -> Result<Self, ServiceError> {
        self.0.managed_on(default_port).map(Self).map_err(failed)
    }

    /// Its checks.
    pub fn health(&self) -> &Health {
        self.0.health()
    }

    /// Fires when the service was told to stop.
    pub fn stopping(&self) -> CancellationToken {
        self.0.stopping()
    }

    /// The service's database.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn database(&mut self, migrations: &'static Migrator) -> Result<PgPool, ServiceError> {
        self.0.database(migrations).map_err(failed)
    }

    /// The outbox in `pool`.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn outbox(&mut self, pool: &PgPool, topic: &'static str) -> Result<Outbox, ServiceError> {
        self.0.outbox(pool, topic).map_err(failed)
    }

    /// Lets the events of `topics` take effect.
    ///
    /// # Errors
    /// When `KAFKA_BROKERS` is missing or refused.
    pub fn subscribe(&mut self, topics: &[&str], effects: Arc<dyn Effects>) -> Result<(), ServiceError> {
        self.0.subscribe(topics, effects).map_err(failed)
    }

    /// Runs `task` beside the server.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(task);
    }

    /// Lets `move_on` act by itself if `AUTOPILOT` is true.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn autopilot<E: Display + Send + 'static>(
        &mut self,
        move_on: impl Fn(Duration) -> BoxFuture<'static, Result<usize, E>> + Send + Sync + 'static,
    ) -> Result<(), ServiceError> {
        self.0.autopilot(move_on).map_err(failed)
    }

    /// Serves `routes` until SIGTERM or SIGINT.
    ///
    /// # Errors
    /// When a port cannot be had, or a background task ends before it is told to.
    pub async fn serve(self, routes: Router) -> Result<(), ServiceError> {
        self.0.serve(routes).await.map_err(failed)
    }
}
