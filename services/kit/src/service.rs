//! A running service: settings, telemetry, health, background work, and an orderly end.

use crate::config::{self, ConfigError};
use crate::consumer::{self, Subscription};
use crate::database::{self, DatabaseUrlError};
use crate::dead_letters::{self, DeadLettersError};
use crate::inbox::Effects;
use crate::outbox::{self, Outbox};
use crate::telemetry::{self, TelemetryError};
use crate::trace::{self, OtlpError};
use crate::work::{Work, WorkError};
use crate::{Health, autopilot, connections, http, kafka, standstill};
use axum::Router;
use futures::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use rdkafka::error::KafkaError;
use rdkafka::producer::FutureProducer;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests under way may take to finish after the service was told to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// What keeps a service from starting.
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
    /// `DATABASE_URL`.
    #[error(transparent)]
    DatabaseUrl(#[from] DatabaseUrlError),
    /// The dead letters cannot be listed or replayed.
    #[error(transparent)]
    DeadLetters(#[from] DeadLettersError),
    /// The Kafka client refuses its settings.
    #[error("making a Kafka client for {brokers}: {source}")]
    Kafka {
        /// `KAFKA_BROKERS`.
        brokers: String,
        /// What it said.
        source: KafkaError,
    },
    /// The port is taken, or serving failed.
    #[error("serving HTTP on port {port}: {source}")]
    Serve {
        /// `PORT`, or `MANAGEMENT_PORT`.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// What runs beside the server has come to grief: a new start of the program may help.
    #[error(transparent)]
    Work(#[from] WorkError),
}

/// One service and what runs beside its HTTP server.
pub struct Service {
    name: &'static str,
    client_id: String,
    bind_address: Option<IpAddr>,
    port: u16,
    management_port: Option<u16>,
    health: Health,
    metrics: PrometheusHandle,
    stop: CancellationToken,
    work: Work,
    producer: Option<FutureProducer>,
}

impl Service {
    /// Starts telemetry and reads `PORT` (or takes `default_port`), `BIND_ADDRESS` and `POD_NAME`. A program that was
    /// told `dead-letters …` does that instead, and ends.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn new(name: &'static str, default_port: u16) -> Result<Self, ServiceError> {
        dead_letters::run_if_asked(name)?;
        let metrics = telemetry::start()?;
        let stop = CancellationToken::new();
        let mut work = Work::until(stop.clone());
        if let Some(settings) = trace::Settings::read(|name| std::env::var(name).ok())? {
            work.begin(trace::exporter(name, settings, stop.clone())?);
        }
        Ok(Self {
            name,
            client_id: config::optional("POD_NAME", name.to_owned())?,
            bind_address: config::maybe("BIND_ADDRESS")?,
            port: config::optional("PORT", default_port)?,
            management_port: None,
            health: Health::default(),
            metrics,
            stop,
            work,
            producer: None,
        })
    }

    /// For a service that is open to the world: its metrics, and how each of its parts is, are served on a port of
    /// their own (`MANAGEMENT_PORT`, or `default_port`) and not beside its routes.
    ///
    /// # Errors
    /// When the setting cannot be read.
    pub fn managed_on(mut self, default_port: u16) -> Result<Self, ServiceError> {
        self.management_port = Some(config::optional("MANAGEMENT_PORT", default_port)?);
        Ok(self)
    }

    /// Its checks.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Fires when the service was told to stop; endless answers (server-sent events) must end then.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// The service's database, from `DATABASE_URL`. It is migrated in the background; until then the
    /// service is not ready. `DATABASE_CONNECTIONS` bounds the pool.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn database(&mut self, migrations: &'static Migrator) -> Result<PgPool, ServiceError> {
        let url = config::required("DATABASE_URL", "postgres://user:password@host:5432/database")?;
        let pool = database::lazy_pool(
            &url,
            &self.client_id,
            config::optional("DATABASE_CONNECTIONS", 8)?,
        )?;
        let check = self.health.required("database");
        self.work.begin(database::migrate_and_watch(
            pool.clone(),
            migrations,
            check,
            self.stop.clone(),
        ));
        Ok(pool)
    }

    /// The outbox in `pool`, whose events are published to `topic` from now on.
    ///
    /// # Errors
    /// When `KAFKA_BROKERS` is missing, or how to sign in there cannot be read.
    pub fn outbox(&mut self, pool: &PgPool, topic: &'static str) -> Result<Outbox, ServiceError> {
        let outbox = Outbox::new(self.name, topic);
        self.work.begin(outbox::relay(
            outbox.clone(),
            pool.clone(),
            kafka::brokers()?,
            self.client_id.clone(),
            self.health.clone(),
            self.stop.clone(),
        ));
        Ok(outbox)
    }

    /// Brings the events of `topics` to their effects, each once, as the consumer group of the service's name.
    ///
    /// # Errors
    /// When `KAFKA_BROKERS` is missing or refused.
    pub fn subscribe(&mut self, topics: &[&str], effects: Arc<dyn Effects>) -> Result<(), ServiceError> {
        let (health, stop) = (self.health.clone(), self.stop.clone());
        self.work.begin(consumer::tidy(effects.clone(), health, stop));
        let subscription = Subscription {
            brokers: kafka::brokers()?,
            group: self.name.to_owned(),
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            dead_letters: self.producer()?,
            effects,
            health: self.health.clone(),
            check: self.health.informative("consumer"),
            look: standstill::LOOK,
        };
        self.work.begin(consumer::run(
            subscription,
            self.client_id.clone(),
            self.stop.clone(),
        ));
        Ok(())
    }

    /// Runs `work` beside the server; it should end soon after [`Self::stopping`] fires. If it ends before, or panics,
    /// the service ends with an error.
    pub fn spawn(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.work.begin(work);
    }

    /// Lets `move_on` act by itself if `AUTOPILOT` is true: it is given how long something must have stood still
    /// (`AUTOPILOT_DELAY_MS`), takes the next step of all such things, and gives how many there were.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn autopilot<E: Display + Send + 'static>(
        &mut self,
        move_on: impl Fn(Duration) -> BoxFuture<'static, Result<usize, E>> + Send + Sync + 'static,
    ) -> Result<(), ServiceError> {
        if config::optional("AUTOPILOT", false)? {
            let delay = Duration::from_millis(config::optional("AUTOPILOT_DELAY_MS", 1500)?);
            let (health, stop) = (self.health.clone(), self.stop.clone());
            self.work
                .begin(async move { autopilot::run(|| move_on(delay), health, stop).await });
        }
        Ok(())
    }

    /// All addresses, IPv6 and IPv4, unless `BIND_ADDRESS` names one.
    async fn listen(&self, port: u16) -> Result<TcpListener, ServiceError> {
        let bound = match self.bind_address {
            Some(address) => TcpListener::bind((address, port)).await,
            None => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
                // A host without IPv6.
                Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await,
                bound => bound,
            },
        };
        bound.map_err(|source| ServiceError::Serve { port, source })
    }

    fn producer(&mut self) -> Result<FutureProducer, ServiceError> {
        if let Some(producer) = &self.producer {
            return Ok(producer.clone());
        }
        let brokers = kafka::brokers()?;
        let producer = kafka::producer(&brokers, &self.client_id)
            .map_err(|source| ServiceError::Kafka { brokers, source })?;
        Ok(self.producer.insert(producer).clone())
    }

    /// Serves `routes` until SIGTERM or SIGINT, lets requests under way finish, and ends the background work.
    ///
    /// # Errors
    /// When a port cannot be had, or some of the background work ends before it is told to; requests under way finish
    /// then too.
    pub async fn serve(mut self, routes: Router) -> Result<(), ServiceError> {
        let listener = self.listen(self.port).await?;
        let limits = connections::Limits::default();
        let app = if let Some(port) = self.management_port {
            let management = http::management(self.health.clone(), self.metrics.clone());
            let listener = self.listen(port).await?;
            self.work.begin(connections::serve(
                listener,
                management,
                limits,
                self.stop.clone(),
            ));
            http::open_to_the_world(routes, self.health.clone())
        } else {
            http::router(routes, self.health.clone(), self.metrics.clone())
        };
        self.work
            .begin(telemetry::keep_small(self.metrics.clone(), self.stop.clone()));
        tracing::info!(service = self.name, port = self.port, "serving");
        let mut server = pin!(connections::serve(listener, app, limits, self.stop.clone()));
        let mut told = pin!(told_to_stop());
        let mut too_late = pin!(async {
            self.stop.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        });
        let mut failed = None;
        loop {
            tokio::select! {
                () = &mut server => break,
                () = &mut told, if !self.stop.is_cancelled() => {
                    tracing::info!("stopping: requests under way may finish");
                    self.stop.cancel();
                }
                failure = self.work.failure(), if failed.is_none() => {
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
        self.work.finish().await;
        tracing::info!("stopped");
        failed.map_or(Ok(()), |failure| Err(failure.into()))
    }
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
