//! Reports whether a broker has all messages that it should have, so that brokers are replaced one at a time.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use clap::Parser;
use fdp_catalogue::variables;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::metadata::Metadata;
use std::net::Ipv6Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The timeout for the brokers' answer; shorter than that of the probe.
const BROKER_TIMEOUT: Duration = Duration::from_secs(3);
/// The most partitions that a message lists; further ones are only counted.
const SHOWN: usize = 5;

/// Answers `GET /readyz` with 200 if and only if the broker is in sync: if the leader of each partition that the broker
/// is to keep counts it among those that have everything. Brokers at `KAFKA_BROKERS` are asked.
#[derive(Debug, Clone, Parser)]
#[command(name = "setup in-sync", version)]
pub struct Settings {
    /// The broker's number.
    #[arg(long, env = variables::BROKER_ID)]
    pub broker_id: i32,
    /// Where to answer.
    #[arg(long, env = variables::PORT, default_value_t = 8080)]
    pub port: u16,
}

/// Why the server could not run.
#[derive(Debug, thiserror::Error)]
pub enum InSyncError {
    /// `KAFKA_BROKERS` is missing, or the security settings cannot be read.
    #[error(transparent)]
    Config(#[from] fdp_runtime::config::ConfigError),
    /// The client rejects its settings.
    #[error("making a Kafka client for {brokers}: {source}")]
    Client {
        /// The brokers.
        brokers: String,
        /// The client's error.
        source: KafkaError,
    },
    /// The port is in use, or serving failed.
    #[error("serving HTTP on port {port}: {source}")]
    Serve {
        /// The port.
        port: u16,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

/// A partition and its replicas.
#[derive(Debug)]
struct Partition<'a> {
    topic: &'a str,
    number: i32,
    replicas: &'a [i32],
    in_sync: &'a [i32],
}

#[derive(Clone)]
struct AppState {
    broker: i32,
    brokers: String,
    /// Made anew after it got no answer: one that was told of no brokers may never ask again.
    client: Arc<Mutex<Option<BaseConsumer>>>,
}

/// Serves until SIGTERM.
///
/// # Errors
/// When the settings are invalid, or listening on the port fails.
pub async fn serve(settings: &Settings) -> Result<(), InSyncError> {
    let port = settings.port;
    let serving = |source| InSyncError::Serve { port, source };
    let brokers = fdp_messaging::kafka::Cluster::from_environment()?
        .brokers()
        .to_owned();
    let client = make_client(&brokers, settings.broker_id).map_err(|source| InSyncError::Client {
        brokers: brokers.clone(),
        source,
    })?;
    let routes = routes(AppState {
        broker: settings.broker_id,
        brokers,
        client: Arc::new(Mutex::new(Some(client))),
    });
    let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
        .await
        .map_err(serving)?;
    // Without a handler of its own, the first process of a container ignores the signal.
    let mut terminate = signal(SignalKind::terminate()).map_err(serving)?;
    axum::serve(listener, routes)
        .with_graceful_shutdown(async move {
            terminate.recv().await;
        })
        .await
        .map_err(serving)
}

fn make_client(brokers: &str, broker: i32) -> Result<BaseConsumer, KafkaError> {
    fdp_messaging::kafka::base(brokers, &format!("in-sync-{broker}")).create()
}

fn routes(state: AppState) -> Router {
    Router::new()
        .route("/healthz", get(async || "it answers"))
        .route("/readyz", get(readiness))
        .with_state(state)
}

async fn readiness(State(state): State<AppState>) -> (StatusCode, String) {
    let broker = state.broker;
    // The client blocks until the brokers answer, so it runs on a separate thread.
    let asked = tokio::task::spawn_blocking(move || state.ask()).await;
    match asked.map_err(|error| error.to_string()).flatten() {
        Ok(()) => (StatusCode::OK, format!("broker {broker} is in sync")),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
    }
}

impl AppState {
    fn ask(&self) -> Result<(), String> {
        let no_answer = |error: KafkaError| format!("asking the brokers: {error}");
        // One question at a time.
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match kept.take() {
            Some(client) => client,
            None => make_client(&self.brokers, self.broker).map_err(no_answer)?,
        };
        let metadata = client.fetch_metadata(None, BROKER_TIMEOUT).map_err(no_answer)?;
        *kept = Some(client);
        judge_metadata(self.broker, &metadata)
    }
}

fn judge_metadata(broker: i32, metadata: &Metadata) -> Result<(), String> {
    if !metadata.brokers().iter().any(|known| known.id() == broker) {
        return Err(format!("broker {broker} has not joined the others yet"));
    }
    let partitions = metadata.topics().iter().flat_map(|topic| {
        topic.partitions().iter().map(|partition| Partition {
            topic: topic.name(),
            number: partition.id(),
            replicas: partition.replicas(),
            in_sync: partition.isr(),
        })
    });
    judge(broker, partitions)
}

/// Whether the broker is in sync for all partitions that it hosts. Other brokers do not matter.
fn judge<'a>(broker: i32, partitions: impl Iterator<Item = Partition<'a>>) -> Result<(), String> {
    let behind: Vec<String> = partitions
        .filter(|partition| partition.replicas.contains(&broker) && !partition.in_sync.contains(&broker))
        .map(|partition| format!("{}/{}", partition.topic, partition.number))
        .collect();
    if behind.is_empty() {
        return Ok(());
    }
    let shown = behind[..behind.len().min(SHOWN)].join(", ");
    let more = match behind.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(format!("broker {broker} is behind in {shown}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::mocking::MockCluster;

    fn partition(number: i32, replicas: &'static [i32], in_sync: &'static [i32]) -> Partition<'static> {
        Partition {
            topic: "fooddelivery.order",
            number,
            replicas,
            in_sync,
        }
    }

    #[test]
    fn a_broker_is_behind_until_every_partition_that_it_keeps_has_it_in_sync() {
        let partitions = || {
            [
                partition(0, &[0, 1, 2], &[0, 1, 2]),
                partition(1, &[0, 1, 2], &[0, 2]),
                partition(2, &[0, 1, 2], &[2]),
            ]
            .into_iter()
        };
        assert_eq!(
            judge(1, partitions()),
            Err("broker 1 is behind in fooddelivery.order/1, fooddelivery.order/2".to_owned())
        );
        assert_eq!(
            judge(2, partitions()),
            Ok(()),
            "what others lack is not its fault"
        );
        assert_eq!(judge(3, partitions()), Ok(()), "it keeps none of them");
    }

    #[test]
    fn a_broker_that_is_far_behind_does_not_fill_a_page() {
        let all = (0..8).map(|number| partition(number, &[0, 1], &[0]));
        let words = judge(1, all).unwrap_err();
        assert!(words.ends_with("fooddelivery.order/4 and 3 more"), "{words}");
    }

    fn asking(brokers: &str, broker: i32) -> State<AppState> {
        State(AppState {
            broker,
            brokers: brokers.to_owned(),
            client: Arc::default(),
        })
    }

    #[tokio::test]
    async fn the_brokers_themselves_are_asked() {
        let cluster = MockCluster::new(2).unwrap();
        cluster.create_topic("fooddelivery.order", 4, 2).unwrap();
        let ready = async |broker| readiness(asking(&cluster.bootstrap_servers(), broker)).await;
        assert_eq!(ready(1).await, (StatusCode::OK, "broker 1 is in sync".to_owned()));
        let (status, words) = ready(7).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(words.contains("broker 7 has not joined"), "{words}");
    }

    #[tokio::test]
    async fn a_broker_that_does_not_answer_is_not_in_sync_and_the_next_question_has_a_new_client() {
        let state = asking("127.0.0.1:1", 0);
        let (status, words) = readiness(State(state.0.clone())).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(words.contains("asking the brokers"), "{words}");
        assert!(state.client.lock().unwrap().is_none());
    }
}
