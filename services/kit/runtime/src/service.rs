//! A running service: settings, telemetry, health, background tasks and shutdown.

use crate::autopilot;
use crate::background::{Background, BackgroundError};
use crate::config::{self, ConfigError};
use crate::health::Health;
use crate::shutdown::{LOAD_BALANCERS_KEEP_CONNECTIONS, PEERS_KEEP_CONNECTIONS, ShutdownTimes};
use crate::telemetry::{self, Telemetry, TelemetryError};
use crate::trace::{self, OtlpError};
use fdp_catalogue::variables;
use futures::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use std::fmt::Display;
use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing_appender::non_blocking::WorkerGuard;

/// Why a service could not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Starting logs or metrics failed.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The trace exporter could not be set up.
    #[error(transparent)]
    Traces(#[from] OtlpError),
    /// A background task has ended or panicked: a restart of the program may help.
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
    /// Writes what was logged to its end when the service is over.
    _log: WorkerGuard,
    stop: CancellationToken,
    background: Background,
}

impl Service {
    /// Creates a service of the catalogue: like [`Self::new`], with its name and port.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn of(service: fdp_catalogue::Service) -> Result<Self, ServiceError> {
        Self::new(service.name(), service.port())
    }

    /// Starts telemetry and reads `PORT` (or takes `default_port`), `BIND_ADDRESS` and `POD_NAME`.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn new(name: &'static str, default_port: u16) -> Result<Self, ServiceError> {
        let Telemetry { metrics, log } = telemetry::start()?;
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
            _log: log,
            stop,
            background,
        })
    }

    /// For a service that is reachable from outside: its metrics and the state of its checks are served on a separate
    /// port (`MANAGEMENT_PORT`, or `default_port`), not beside its routes. On shutdown, connections stay open longer,
    /// because load balancers keep idle connections longer than the services' own clients do.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn managed_on(mut self, default_port: u16) -> Result<Self, ServiceError> {
        self.management_port = Some(config::optional(variables::MANAGEMENT_PORT, default_port)?);
        self.shutdown = shutdown_times(LOAD_BALANCERS_KEEP_CONNECTIONS)?;
        Ok(self)
    }

    /// The service's name, which is also the name of its consumer group.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The name of this replica as a client of Kafka and of the database.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The address to listen on; `None` means all addresses.
    pub fn bind_address(&self) -> Option<IpAddr> {
        self.bind_address
    }

    /// The port of its routes.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port of its metrics and health, if it is separate.
    pub fn management_port(&self) -> Option<u16> {
        self.management_port
    }

    /// How long connections and requests may continue after the stop signal.
    pub fn shutdown_times(&self) -> ShutdownTimes {
        self.shutdown
    }

    /// The service's health checks.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The service's metrics.
    pub fn metrics(&self) -> &PrometheusHandle {
        &self.metrics
    }

    /// A token that is cancelled when the service is told to stop; endless responses (server-sent events) must end
    /// then.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs `task` beside the server; it should end soon after [`Self::stopping`] is cancelled. If it ends earlier, or
    /// panics, the service ends with an error.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn(task);
    }

    /// Runs `advance` repeatedly if `AUTOPILOT` is true. Its argument is the time that an item must have waited
    /// (`AUTOPILOT_DELAY_MS`); it takes the next step of all such items, and returns how many there were.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn autopilot<E: Display + Send + 'static>(
        &mut self,
        advance: impl Fn(Duration) -> BoxFuture<'static, Result<usize, E>> + Send + Sync + 'static,
    ) -> Result<(), ServiceError> {
        if config::optional(variables::AUTOPILOT, false)? {
            let delay = Duration::from_millis(config::optional(variables::AUTOPILOT_DELAY_MS, 1500)?);
            let (health, stop) = (self.health.clone(), self.stop.clone());
            self.background
                .spawn(async move { autopilot::run(|| advance(delay), health, stop).await });
        }
        Ok(())
    }

    /// Runs `server` until SIGTERM or SIGINT, lets requests in progress finish, and stops the background tasks.
    /// `server` should return once [`Self::stopping`] is cancelled and all its requests are answered.
    ///
    /// # Errors
    /// When a background task ends before the stop signal; requests in progress finish then too.
    pub async fn run(mut self, server: impl Future<Output = ()>) -> Result<(), ServiceError> {
        self.background
            .spawn(telemetry::run_upkeep(self.metrics.clone(), self.stop.clone()));
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

/// The times for `CONNECTION_DRAIN_SECONDS`, or for `usual` if it is not set.
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
