//! The transactional outbox: an event is written with the change that it announces, and published after.
//!
//! One relay publishes per service at a time (an advisory lock decides which), so that the events of one
//! aggregate leave in the order in which they were committed. It is woken after each commit (by NOTIFY, if the commit was
//! another replica's), and looks by itself now and then in case a wake-up was lost. An event may be published twice (a crash between publishing
//! and forgetting); consumers tell by its id.

use crate::contracts::{CloudEvent, Event};
use crate::database::in_time;
use crate::publisher::{PublishError, Publisher, Record};
use crate::{Check, Health, trace};
use serde::Deserialize;
use sqlx::postgres::{PgConnection, PgListener};
use sqlx::{Connection, PgPool, Row};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The channel that wakes the relay.
const CHANNEL: &str = "outbox";
/// The advisory lock that the one relay of a database holds; any number that nobody else uses.
const RELAY_LOCK: i64 = 0x6f75_7462_6f78;
const BATCH: i64 = 500;
/// The longest envelope in bytes: Kafka and its client refuse messages of a million bytes, key and all, and one that
/// could never be published would hold up all that come after it.
const LONGEST: usize = 900_000;
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
    /// The event is longer than Kafka takes.
    #[error(
        "an event of the type {kind} about {subject} is {bytes} bytes long, and at most {LONGEST} can be published"
    )]
    TooLong {
        /// The `CloudEvents` type.
        kind: String,
        /// What it is about.
        subject: String,
        /// Its length.
        bytes: usize,
    },
    /// A service that publishes nothing wants to.
    #[error("the service {0} only listens, so it has no topic to publish to")]
    OnlyListens(&'static str),
    /// An event was not published.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> OutboxError {
    move |source| OutboxError::Database { doing, source }
}

/// Where a service leaves the events that its changes owe the world.
#[derive(Debug, Clone)]
pub struct Outbox {
    service: &'static str,
    topic: &'static str,
    wakes: Arc<Wakes>,
}

/// How committed changes wake the relay, on this replica or on another one.
#[derive(Debug, Default)]
struct Wakes {
    here: Notify,
    elsewhere: Notify,
    leads: AtomicBool,
}

impl Outbox {
    /// The outbox of `service`, whose events go to `topic` as soon as a relay attends to it: [`crate::Service::outbox`]
    /// gives one with its relay.
    pub fn new(service: &'static str, topic: &'static str) -> Self {
        Self {
            service,
            topic,
            wakes: Arc::default(),
        }
    }

    /// The outbox of a service that only listens: it takes no events.
    pub fn silent(service: &'static str) -> Self {
        Self::new(service, "")
    }

    /// `event` as it will travel.
    ///
    /// # Errors
    /// When it has no JSON form, or this service only listens.
    pub fn envelope(&self, event: Event, traceparent: Option<String>) -> Result<CloudEvent, OutboxError> {
        if self.topic.is_empty() {
            return Err(OutboxError::OnlyListens(self.service));
        }
        Ok(event.into_cloud_event(self.service, traceparent)?)
    }

    /// The topic of this service's events.
    pub fn topic(&self) -> &'static str {
        self.topic
    }

    /// Adds `events` to the transaction on `connection`, with the trace that the task works for. They are published
    /// once that commits; call [`Self::wake`] then.
    ///
    /// # Errors
    /// When the database refuses them, or one cannot be published; the transaction should then be given up.
    pub async fn append(&self, connection: &mut PgConnection, events: Vec<Event>) -> Result<(), OutboxError> {
        let envelopes = events
            .into_iter()
            .map(|event| self.envelope(event, trace::current_header()))
            .collect::<Result<Vec<_>, _>>()?;
        self.append_envelopes(connection, &envelopes).await
    }

    /// The same for events that are in their envelopes already.
    ///
    /// # Errors
    /// When the database refuses them, or one cannot be published; the transaction should then be given up.
    pub async fn append_envelopes(
        &self,
        connection: &mut PgConnection,
        envelopes: &[CloudEvent],
    ) -> Result<(), OutboxError> {
        if envelopes.is_empty() {
            return Ok(());
        }
        let (mut ids, mut keys, mut payloads) = (Vec::new(), Vec::new(), Vec::new());
        for envelope in envelopes {
            ids.push(envelope.id);
            keys.push(envelope.subject.as_str());
            payloads.push(payload(envelope)?);
        }
        sqlx::query(
            "INSERT INTO outbox (event_id, topic, key, payload) \
             SELECT id, $2, key, payload::json \
             FROM unnest($1::uuid[], $3::text[], $4::text[]) WITH ORDINALITY AS event (id, key, payload, place) \
             ORDER BY place",
        )
        .bind(&ids)
        .bind(self.topic)
        .bind(&keys)
        .bind(&payloads)
        .execute(connection)
        .await
        .map_err(database("appending to the outbox"))?;
        Ok(())
    }

    /// Wakes the relay after a commit. A wake-up that is lost (a crash right here) delays events by a second at most.
    pub fn wake(&self) {
        if self.wakes.leads.load(Ordering::Acquire) {
            self.wakes.here.notify_one();
        } else {
            self.wakes.elsewhere.notify_one();
        }
    }
}

/// `envelope` as it is published.
///
/// # Errors
/// When it has no JSON form, or is too long for Kafka: the change that it announces should then be given up.
pub fn payload(envelope: &CloudEvent) -> Result<String, OutboxError> {
    let payload = serde_json::to_string(envelope)?;
    if payload.len() > LONGEST {
        return Err(OutboxError::TooLong {
            kind: envelope.kind.clone(),
            subject: envelope.subject.clone(),
            bytes: payload.len(),
        });
    }
    Ok(payload)
}

async fn notify(connection: &mut PgConnection) -> Result<(), OutboxError> {
    let notified = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL);
    in_time(ANSWER, notified.execute(connection))
        .await
        .map_err(database("waking the relay"))?;
    Ok(())
}

impl From<OutboxError> for sqlx::Error {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Database { source, .. } => source,
            OutboxError::Encode(_) | OutboxError::TooLong { .. } => Self::Encode(error.into()),
            other => Self::Protocol(other.to_string()),
        }
    }
}

/// Publishes what `outbox` holds in the database of `pool`, whenever this replica is the relay, until stopped.
pub(crate) async fn relay(
    outbox: Outbox,
    pool: PgPool,
    brokers: String,
    client_id: String,
    health: Health,
    stop: CancellationToken,
) {
    let check = health.informative("outbox relay");
    let wakes = &outbox.wakes;
    let work = async {
        loop {
            // Before the first migration there is no outbox to look into.
            health.until_ready().await;
            let led = lead(&pool, &brokers, &client_id, wakes, &check).await;
            wakes.leads.store(false, Ordering::Release);
            match led {
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
        () = wake_the_others(&pool, wakes) => {}
        () = stop.cancelled() => {}
    }
}

/// Passes wake-ups on to the replica that relays. They are gathered: one statement for all commits since the last.
async fn wake_the_others(pool: &PgPool, wakes: &Wakes) {
    loop {
        wakes.elsewhere.notified().await;
        let notified =
            async { notify(&mut *pool.acquire().await.map_err(database("waking the relay"))?).await };
        if let Err(error) = notified.await {
            tracing::debug!(%error, "the relay has to look by itself");
        }
    }
}

/// Relays for as long as this replica holds the lock; returns at once when another one does.
async fn lead(
    pool: &PgPool,
    brokers: &str,
    client_id: &str,
    wakes: &Wakes,
    check: &Check,
) -> Result<(), OutboxError> {
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
    let publisher = Publisher::new(brokers, client_id, check.clone())?;
    let mut wake_ups = in_time(ANSWER, PgListener::connect_with(pool))
        .await
        .map_err(database("listening for wake-ups"))?;
    in_time(ANSWER, wake_ups.listen(CHANNEL))
        .await
        .map_err(database("listening for wake-ups"))?;
    wakes.leads.store(true, Ordering::Release);
    loop {
        while publish_batch(&mut connection, &publisher).await? > 0 {}
        tokio::select! {
            () = wakes.here.notified() => {}
            woken = wake_ups.recv() => {
                woken.map_err(database("waiting for a wake-up"))?;
            }
            () = tokio::time::sleep(LOOK_ANYWAY) => {}
        }
    }
}

/// Counts an event that was published, by what it says.
fn count_published(payload: &str) {
    #[derive(Deserialize)]
    struct Label {
        #[serde(rename = "type")]
        kind: String,
    }
    let kind = serde_json::from_str(payload).map_or_else(|_| "unreadable".to_owned(), |Label { kind }| kind);
    metrics::counter!("outbox_published_total", "type" => kind).increment(1);
}

/// Publishes the oldest events and forgets them; gives how many there were.
async fn publish_batch(connection: &mut PgConnection, publisher: &Publisher) -> Result<usize, OutboxError> {
    let oldest = sqlx::query(
        "SELECT seq, topic, key, payload::text AS payload, \
         extract(epoch FROM now() - created_at)::float8 AS age FROM outbox ORDER BY seq LIMIT $1",
    )
    .bind(BATCH);
    let rows = in_time(ANSWER, oldest.fetch_all(&mut *connection))
        .await
        .map_err(database("reading the outbox"))?;
    let Some(first) = rows.first() else {
        publisher.idle();
        return Ok(0);
    };
    let records = rows.iter().map(|row| Record {
        topic: row.get("topic"),
        key: row.get("key"),
        payload: row.get("payload"),
    });
    let mut sending = publisher.send(records, seconds(first.get("age")))?;
    while !sending.done().await? {
        // The lock lives as long as its connection; without it, the backlog is another replica's.
        in_time(ANSWER, connection.ping())
            .await
            .map_err(database("asking whether the relay's lock is still there"))?;
    }
    let sequence: Vec<i64> = rows.iter().map(|row| row.get("seq")).collect();
    let forget = sqlx::query("DELETE FROM outbox WHERE seq = ANY($1)").bind(&sequence);
    in_time(ANSWER, forget.execute(connection))
        .await
        .map_err(database("forgetting published events"))?;
    for row in &rows {
        count_published(row.get("payload"));
    }
    Ok(sequence.len())
}

/// Clocks are set back now and then: an age below zero is none.
fn seconds(age: f64) -> Duration {
    Duration::try_from_secs_f64(age).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn envelope(length: usize) -> CloudEvent {
        let envelope = json!({
            "specversion": "1.0", "id": uuid::Uuid::now_v7(), "source": "/diary", "type": "diary.written",
            "subject": "ord_1", "time": "2026-01-01T00:00:00Z", "datacontenttype": "application/json",
            "data": "x".repeat(length),
        });
        serde_json::from_value(envelope).unwrap()
    }

    #[test]
    fn an_event_that_kafka_would_refuse_is_refused_with_its_change() {
        assert!(payload(&envelope(LONGEST / 2)).is_ok());
        let refused = payload(&envelope(LONGEST)).unwrap_err();
        assert!(refused.to_string().contains("at most 900000"), "{refused}");
        assert!(matches!(sqlx::Error::from(refused), sqlx::Error::Encode(_)));
    }
}
