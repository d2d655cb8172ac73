//! A running service: settings, telemetry, health, background work, and an orderly end.

use crate::config::{self, ConfigError};
use crate::consumer::{self, Subscription};
use crate::database::{self, DatabaseUrlError};
use crate::dead_letters::{self, DeadLettersError};
use crate::inbox::Effects;
use crate::outbox::{self, Outbox};
use crate::telemetry::{self, TelemetryError};
use crate::trace::{self, OtlpError};
use crate::{Health, autopilot, http, kafka};
use axum::Router;
use axum::serve::ListenerExt as _;
use futures::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use rdkafka::error::KafkaError;
use rdkafka::producer::FutureProducer;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
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
        /// `PORT`.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
}

/// One service and what runs beside its HTTP server.
pub struct Service {
    name: &'static str,
    client_id: String,
    bind_address: Option<IpAddr>,
    port: u16,
    health: Health,
    metrics: PrometheusHandle,
    stop: CancellationToken,
    tasks: JoinSet<()>,
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
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        if let Some(export) = trace::exporter(name, stop.clone())? {
            tasks.spawn(export);
        }
        Ok(Self {
            name,
            client_id: config::optional("POD_NAME", name.to_owned())?,
            bind_address: config::maybe("BIND_ADDRESS")?,
            port: config::optional("PORT", default_port)?,
            health: Health::default(),
            metrics,
            stop,
            tasks,
            producer: None,
        })
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
        self.tasks.spawn(database::migrate_and_watch(
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
    /// When `KAFKA_BROKERS` is missing.
    pub fn outbox(&mut self, pool: &PgPool, topic: &'static str) -> Result<Outbox, ServiceError> {
        let outbox = Outbox::new(self.name, topic);
        self.tasks.spawn(outbox::relay(
            outbox.clone(),
            pool.clone(),
            brokers()?,
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
        self.tasks.spawn(consumer::tidy(effects.clone(), health, stop));
        let subscription = Subscription {
            brokers: brokers()?,
            group: self.name.to_owned(),
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            dead_letters: self.producer()?,
            effects,
            health: self.health.clone(),
            check: self.health.informative("consumer"),
        };
        self.tasks.spawn(consumer::run(
            subscription,
            self.client_id.clone(),
            self.stop.clone(),
        ));
        Ok(())
    }

    /// Runs `work` beside the server; it should end soon after [`Self::stopping`] fires.
    pub fn spawn(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
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
            self.tasks
                .spawn(async move { autopilot::run(|| move_on(delay), health, stop).await });
        }
        Ok(())
    }

    /// All addresses, IPv6 and IPv4, unless `BIND_ADDRESS` names one.
    async fn listen(&self) -> std::io::Result<TcpListener> {
        match self.bind_address {
            Some(address) => TcpListener::bind((address, self.port)).await,
            None => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, self.port)).await {
                // A host without IPv6.
                Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, self.port)).await,
                bound => bound,
            },
        }
    }

    fn producer(&mut self) -> Result<FutureProducer, ServiceError> {
        if let Some(producer) = &self.producer {
            return Ok(producer.clone());
        }
        let brokers = brokers()?;
        let producer = kafka::producer(&brokers, &self.client_id)
            .map_err(|source| ServiceError::Kafka { brokers, source })?;
        Ok(self.producer.insert(producer).clone())
    }

    /// Serves `routes` until SIGTERM or SIGINT, lets requests under way finish, and ends the background work.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn serve(mut self, routes: Router) -> Result<(), ServiceError> {
        let port = self.port;
        let serve_error = |source| ServiceError::Serve { port, source };
        let listener = self.listen().await.map_err(serve_error)?;
        // What is sent leaves at once: an event of a stream is small and nothing follows it.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        self.tasks
            .spawn(telemetry::keep_small(self.metrics.clone(), self.stop.clone()));
        tracing::info!(service = self.name, port, "serving");
        let app = http::router(routes, self.health.clone(), self.metrics.clone())
            .into_make_service_with_connect_info::<SocketAddr>();
        let stop = self.stop.clone();
        let server = axum::serve(listener, app).with_graceful_shutdown(async move {
            told_to_stop().await;
            tracing::info!("stopping: requests under way may finish");
            stop.cancel();
        });
        let drained = self.stop.clone();
        tokio::select! {
            ended = server => ended.map_err(serve_error)?,
            () = async { drained.cancelled().await; tokio::time::sleep(DRAIN).await } => {
                tracing::warn!("some requests did not finish in time");
            }
        }
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        tracing::info!("stopped");
        Ok(())
    }
}

fn brokers() -> Result<String, ConfigError> {
    config::required("KAFKA_BROKERS", "host:9092")
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
