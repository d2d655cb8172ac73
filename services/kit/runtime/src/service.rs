//! A running service: settings, telemetry, health, background tasks, and an orderly end.

use crate::autopilot;
use crate::background::{Background, BackgroundError};
use crate::config::{self, ConfigError};
use crate::health::Health;
use crate::shutdown::{LOAD_BALANCERS_KEEP_CONNECTIONS, PEERS_KEEP_CONNECTIONS, ShutdownTimes};
use crate::telemetry::{self, TelemetryError};
use crate::trace::{self, OtlpError};
use fdp_catalogue::variables;
use futures::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use std::fmt::Display;
use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What keeps a service from starting, or ends it.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Logs or metrics.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The collector of traces.
    #[error(transparent)]
    Traces(#[from] OtlpError),
    /// A task beside the server has ended or panicked: a new start of the program may help.
    #[error(transparent)]
    Background(#[from] BackgroundError),
}

/// One service and what runs beside its server.
pub struct Service {
    name: &'static str,
    client_id: String,
    bind_address: Option<IpAddr>,
    port: u16,
    management_port: Option<u16>,
    shutdown: ShutdownTimes,
    health: Health,
    metrics: PrometheusHandle,
    stop: CancellationToken,
    background: Background,
}

impl Service {
    /// The service that the catalogue describes: as [`Self::new`], with its name and its port.
    ///
    /// # Errors
    /// As there.
    pub fn of(service: fdp_catalogue::Service) -> Result<Self, ServiceError> {
        Self::new(service.name(), service.port())
    }

    /// Starts telemetry and reads `PORT` (or takes `default_port`), `BIND_ADDRESS` and `POD_NAME`.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn new(name: &'static str, default_port: u16) -> Result<Self, ServiceError> {
        let metrics = telemetry::start()?;
        let stop = CancellationToken::new();
        let mut background = Background::until(stop.clone());
        if let Some(settings) = trace::Settings::read(|name| std::env::var(name).ok())? {
            background.spawn(trace::exporter(name, settings, stop.clone())?);
        }
        Ok(Self {
            name,
            client_id: config::optional(variables::POD_NAME, name.to_owned())?,
            bind_address: config::maybe(variables::BIND_ADDRESS)?,
            port: config::optional(variables::PORT, default_port)?,
            management_port: None,
            shutdown: shutdown_times(PEERS_KEEP_CONNECTIONS)?,
            health: Health::default(),
            metrics,
            stop,
            background,
        })
    }

    /// For a service that is open to the world: its metrics, and how each of its parts is, are served on a port of
    /// their own (`MANAGEMENT_PORT`, or `default_port`) and not beside its routes. When it is told to stop, connections
    /// stay open longer, since load balancers keep idle ones for longer than our own clients do.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn managed_on(mut self, default_port: u16) -> Result<Self, ServiceError> {
        self.management_port = Some(config::optional(variables::MANAGEMENT_PORT, default_port)?);
        self.shutdown = shutdown_times(LOAD_BALANCERS_KEEP_CONNECTIONS)?;
        Ok(self)
    }

    /// Its name, which is that of its consumer group too.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The name of this replica at Kafka and at its database.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The one address to listen on; `None` stands for all.
    pub fn bind_address(&self) -> Option<IpAddr> {
        self.bind_address
    }

    /// Where its routes are served.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its metrics and its health are served, if not beside its routes.
    pub fn management_port(&self) -> Option<u16> {
        self.management_port
    }

    /// How long what is under way may go on once it was told to stop.
    pub fn shutdown_times(&self) -> ShutdownTimes {
        self.shutdown
    }

    /// Its checks.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Its metrics.
    pub fn metrics(&self) -> &PrometheusHandle {
        &self.metrics
    }

    /// Fires when the service was told to stop; endless answers (server-sent events) must end then.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs `task` beside the server; it should end soon after [`Self::stopping`] fires. If it ends before, or panics,
    /// the service ends with an error.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn(task);
    }

    /// Lets `move_on` act by itself if `AUTOPILOT` is true: it is given how long something must not have moved
    /// (`AUTOPILOT_DELAY_MS`), takes the next step of all such things, and returns how many there were.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn autopilot<E: Display + Send + 'static>(
        &mut self,
        move_on: impl Fn(Duration) -> BoxFuture<'static, Result<usize, E>> + Send + Sync + 'static,
    ) -> Result<(), ServiceError> {
        if config::optional(variables::AUTOPILOT, false)? {
            let delay = Duration::from_millis(config::optional(variables::AUTOPILOT_DELAY_MS, 1500)?);
            let (health, stop) = (self.health.clone(), self.stop.clone());
            self.background
                .spawn(async move { autopilot::run(|| move_on(delay), health, stop).await });
        }
        Ok(())
    }

    /// Runs `server` until SIGTERM or SIGINT, lets requests under way finish, and ends the background tasks. `server`
    /// should end by itself once [`Self::stopping`] has fired and all its requests are answered.
    ///
    /// # Errors
    /// When a background task ends before it is told to; requests under way finish then too.
    pub async fn run(mut self, server: impl Future<Output = ()>) -> Result<(), ServiceError> {
        self.background
            .spawn(telemetry::keep_small(self.metrics.clone(), self.stop.clone()));
        tracing::info!(service = self.name, port = self.port, "serving");
        let mut server = pin!(server);
        let mut told = pin!(told_to_stop());
        let mut too_late = pin!(async {
            self.stop.cancelled().await;
            tokio::time::sleep(self.shutdown.requests).await;
        });
        let mut failed = None;
        loop {
            tokio::select! {
                () = &mut server => break,
                () = &mut told, if !self.stop.is_cancelled() => {
                    tracing::info!("stopping: requests under way may finish");
                    self.stop.cancel();
                }
                failure = self.background.failure(), if failed.is_none() => {
                    tracing::error!(%failure, "stopping: requests under way may finish");
                    self.stop.cancel();
                    failed = Some(failure);
                }
                () = &mut too_late => {
                    tracing::warn!("some requests did not finish in time");
                    break;
                }
            }
        }
        self.background.finish().await;
        tracing::info!("stopped");
        failed.map_or(Ok(()), |failure| Err(failure.into()))
    }
}

/// As `CONNECTION_DRAIN_SECONDS` says, or with connections that stay open for `usual`.
fn shutdown_times(usual: Duration) -> Result<ShutdownTimes, ConfigError> {
    let seconds: Option<u32> = config::maybe(variables::CONNECTION_DRAIN_SECONDS)?;
    let connections = seconds.map_or(usual, |seconds| Duration::from_secs(seconds.into()));
    Ok(ShutdownTimes::new(connections))
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
