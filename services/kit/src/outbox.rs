//! The transactional outbox: an event is written with the change that it announces, and published after.
//!
//! One relay publishes per service at a time (an advisory lock decides which), so that the events of one
//! aggregate leave in the order in which they were committed. It is woken by NOTIFY, and looks by itself
//! now and then in case a wake-up was lost. An event may be published twice (a crash between publishing
//! and forgetting); consumers tell by its id.

use crate::contracts::{CloudEvent, Event};
use crate::database::in_time;
use crate::{Check, Health, kafka, trace};
use futures::future::try_join_all;
use rdkafka::producer::{FutureProducer, FutureRecord};
use sqlx::postgres::{PgConnection, PgListener};
use sqlx::{Connection, PgPool, Row};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The channel that wakes the relay.
const CHANNEL: &str = "outbox";
/// The advisory lock that the one relay of a database holds; any number that nobody else uses.
const RELAY_LOCK: i64 = 0x6f75_7462_6f78;
const BATCH: i64 = 500;
/// How long a lost wake-up can delay an event.
const LOOK_ANYWAY: Duration = Duration::from_secs(1);
/// How long the database may take to answer the relay; after that its machine counts as gone.
const ANSWER: Duration = Duration::from_secs(10);
/// How soon a replica takes over from a relay that died.
const TAKE_OVER: Duration = Duration::from_secs(1);

/// What went wrong with the outbox.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The database said no.
    #[error("{doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        source: sqlx::Error,
    },
    /// The event has no JSON form.
    #[error("writing an event as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// The Kafka client refuses its settings.
    #[error("making a Kafka producer: {0}")]
    Client(rdkafka::error::KafkaError),
    /// The broker said no.
    #[error("publishing to the topic {topic}: {reason}")]
    Publish {
        /// The topic.
        topic: String,
        /// What the client said.
        reason: String,
    },
}

fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> OutboxError {
    move |source| OutboxError::Database { doing, source }
}

/// Adds `event` to the transaction on `connection`; it is published to `topic` once that commits.
///
/// # Errors
/// When the database refuses it, or the event has no JSON form; the transaction should then be given up.
pub async fn append(
    connection: &mut PgConnection,
    service: &str,
    topic: &str,
    event: Event,
) -> Result<CloudEvent, OutboxError> {
    let envelope = event.into_cloud_event(service, trace::current_header())?;
    sqlx::query("INSERT INTO outbox (event_id, topic, key, payload) VALUES ($1, $2, $3, $4)")
        .bind(envelope.id)
        .bind(topic)
        .bind(&envelope.subject)
        .bind(serde_json::to_value(&envelope)?)
        .execute(&mut *connection)
        .await
        .map_err(database("appending to the outbox"))?;
    sqlx::query("SELECT pg_notify($1, '')")
        .bind(CHANNEL)
        .execute(connection)
        .await
        .map_err(database("waking the relay"))?;
    Ok(envelope)
}

impl From<OutboxError> for sqlx::Error {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Database { source, .. } => source,
            other => Self::Protocol(other.to_string()),
        }
    }
}

/// Publishes what the outbox holds, whenever this replica is the relay, until stopped.
pub(crate) async fn relay(
    pool: PgPool,
    brokers: String,
    client_id: String,
    health: Health,
    stop: CancellationToken,
) {
    let check = health.informative("outbox relay");
    let work = async {
        loop {
            // Before the first migration there is no outbox to look into.
            health.until_ready().await;
            match lead(&pool, &brokers, &client_id, &check).await {
                Ok(()) => check.failing("another replica relays"),
                Err(error) => {
                    tracing::warn!(%error, "the relay stopped and will start again");
                    check.failing(&error.to_string());
                }
            }
            tokio::time::sleep(TAKE_OVER).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

/// Relays for as long as this replica holds the lock; returns at once when another one does.
async fn lead(pool: &PgPool, brokers: &str, client_id: &str, check: &Check) -> Result<(), OutboxError> {
    // The lock belongs to this one connection, and so do the reads: if it breaks, both are gone together.
    let options = pool.connect_options();
    let mut connection = in_time(ANSWER, PgConnection::connect_with(&options))
        .await
        .map_err(database("connecting the relay"))?;
    let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(RELAY_LOCK);
    let leads: bool = in_time(ANSWER, lock.fetch_one(&mut connection))
        .await
        .map_err(database("asking for the relay's lock"))?;
    if !leads {
        return Ok(());
    }
    // A producer of this lead's own: after a fatal error (the broker lost its memory of us) only a new one works.
    let producer = kafka::producer(brokers, client_id).map_err(OutboxError::Client)?;
    let mut wake_ups = in_time(ANSWER, PgListener::connect_with(pool))
        .await
        .map_err(database("listening for wake-ups"))?;
    in_time(ANSWER, wake_ups.listen(CHANNEL))
        .await
        .map_err(database("listening for wake-ups"))?;
    loop {
        while publish_batch(&mut connection, &producer).await? > 0 {}
        check.ready();
        if let Ok(woken) = tokio::time::timeout(LOOK_ANYWAY, wake_ups.recv()).await {
            woken.map_err(database("waiting for a wake-up"))?;
        }
    }
}

/// Publishes the oldest events and forgets them; gives how many there were.
async fn publish_batch(
    connection: &mut PgConnection,
    producer: &FutureProducer,
) -> Result<usize, OutboxError> {
    let oldest = sqlx::query(
        "SELECT seq, topic, key, payload::text AS payload, \
         extract(epoch FROM now() - created_at)::float8 AS age FROM outbox ORDER BY seq LIMIT $1",
    )
    .bind(BATCH);
    let rows = in_time(ANSWER, oldest.fetch_all(&mut *connection))
        .await
        .map_err(database("reading the outbox"))?;
    metrics::gauge!("outbox_oldest_unpublished_seconds")
        .set(rows.first().map_or(0.0, |row| row.get::<f64, _>("age")));
    if rows.is_empty() {
        return Ok(0);
    }
    let mut sequence = Vec::with_capacity(rows.len());
    let mut deliveries = Vec::with_capacity(rows.len());
    for row in &rows {
        let (topic, key, payload): (&str, &str, &str) =
            (row.get("topic"), row.get("key"), row.get("payload"));
        let record = FutureRecord::to(topic).key(key).payload(payload);
        let delivery = producer
            .send_result(record)
            .map_err(|(error, _)| OutboxError::Publish {
                topic: topic.to_owned(),
                reason: error.to_string(),
            })?;
        sequence.push(row.get::<i64, _>("seq"));
        deliveries.push(async move {
            match delivery.await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err((error, _))) => Err(OutboxError::Publish {
                    topic: topic.to_owned(),
                    reason: error.to_string(),
                }),
                Err(_) => Err(OutboxError::Publish {
                    topic: topic.to_owned(),
                    reason: "the producer closed".into(),
                }),
            }
        });
    }
    try_join_all(deliveries).await?;
    let published = sqlx::query("DELETE FROM outbox WHERE seq = ANY($1)").bind(&sequence);
    in_time(ANSWER, published.execute(connection))
        .await
        .map_err(database("forgetting published events"))?;
    metrics::counter!("outbox_published_total").increment(sequence.len() as u64);
    Ok(sequence.len())
}
