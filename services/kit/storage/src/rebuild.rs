//! Rebuilds a projection by reading all events again, from the start of its topics: after it was lost, or when a new
//! version computes it differently.

use crate::database;
use crate::inbox::{self, EventHandler, handle_error};
use async_trait::async_trait;
use fdp_contracts::CloudEvent;
use fdp_messaging::kafka::Cluster;
use fdp_messaging::topic_reader::{ReadError, TopicReader};
use fdp_messaging::{HandleError, Incoming};
use fdp_runtime::{Clock, SystemClock};
use rdkafka::Message;
use rdkafka::message::OwnedMessage;
use sqlx::{Connection, PgConnection, PgPool};
use std::error::Error;
use std::fmt;

const BATCH: usize = 500;
/// The option to accept that Kafka no longer has all events.
const WHAT_IS_LEFT: &str = "--from-what-is-left";

/// Why a projection could not be rebuilt. It is then unchanged.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// A topic cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The command line is invalid.
    #[error("there is no option '{0}' here; the only one is {WHAT_IS_LEFT}")]
    Usage(String),
    /// Kafka has dropped events, so their effects would be missing.
    #[error(
        "the topics hold no longer all events ({}), and what came of those would be missing; nothing was changed. \
         To lose what came of them, say {WHAT_IS_LEFT}. So that it does not come to this again, let the topics keep \
         their events (retention.ms=-1)", told(.0)
    )]
    Dropped(Vec<Dropped>),
    /// The database reported an error.
    #[error("{doing}: {source}")]
    Database {
        /// The operation that failed.
        doing: &'static str,
        /// The database's error.
        source: sqlx::Error,
    },
    /// An event cannot be applied at the moment.
    #[error("letting events have their effect: {0}")]
    Effect(#[source] Box<dyn Error + Send + Sync>),
}

fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> RebuildError {
    move |source| RebuildError::Database { doing, source }
}

/// A handler whose data is derived from events only.
#[async_trait]
pub trait Projection: EventHandler {
    /// Deletes all data, on `connection`, inside the transaction that then rebuilds it.
    async fn empty(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error>;
}

/// Which events a rebuild requires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// All events since the first; if one is missing, nothing is changed.
    #[default]
    Everything,
    /// Those that Kafka still has, even if some are missing.
    Available,
}

impl Source {
    /// Parses the arguments of a rebuild command.
    ///
    /// # Errors
    /// When an argument is unknown.
    pub fn arguments(arguments: impl IntoIterator<Item = String>) -> Result<Self, RebuildError> {
        let mut from = Self::Everything;
        for argument in arguments {
            if argument != WHAT_IS_LEFT {
                return Err(RebuildError::Usage(argument));
            }
            from = Self::Available;
        }
        Ok(from)
    }
}

/// Events that Kafka no longer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Their topic.
    pub topic: String,
    /// Their partition.
    pub partition: i32,
    /// Their number, at the start of the partition.
    pub events: i64,
}

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            topic,
            partition,
            events,
        } = self;
        write!(
            formatter,
            "{topic} lacks the first {events} of partition {partition}"
        )
    }
}

fn told(dropped: &[Dropped]) -> String {
    let parts: Vec<String> = dropped.iter().map(Dropped::to_string).collect();
    parts.join(", ")
}

/// The result of a rebuild.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events that were applied.
    pub events: usize,
    /// Duplicates, and events that have no effect here.
    pub passed_over: usize,
    /// Messages that are not events, or that can never be applied; consumers have written them to the dead letters too.
    pub unreadable: usize,
}

/// Empties `projection` and rebuilds it from all that `topics` hold, in one transaction: readers see the old data until
/// the commit, and a failure leaves it unchanged. The service may keep running: its consumers wait for the end of the
/// transaction, and then continue from their offsets, since the inbox is rebuilt in the same transaction.
///
/// It reads Kafka on the calling thread, and writes warnings for the operator to standard error.
///
/// # Errors
/// When the topics cannot be read, no longer hold what `from` requires, or the database does not answer.
pub async fn rebuild<P: Projection>(
    pool: &PgPool,
    cluster: &Cluster,
    topics: &[&str],
    projection: &P,
    from: Source,
) -> Result<Rebuilt, RebuildError> {
    let dropped = dropped(cluster, topics)?;
    if !dropped.is_empty() {
        if from == Source::Everything {
            return Err(RebuildError::Dropped(dropped));
        }
        warn(&format!(
            "what came of some events will be missing: {}",
            told(&dropped)
        ));
    }
    let mut transaction = database::begin(pool).await.map_err(failed("beginning"))?;
    // Consumers write to this table before anything else: they wait here, and hold no lock that is needed below.
    sqlx::query("LOCK TABLE inbox IN EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await
        .map_err(failed("stopping the consumers"))?;
    projection
        .empty(&mut transaction)
        .await
        .map_err(failed("forgetting what was known"))?;
    sqlx::query("DELETE FROM inbox")
        .execute(&mut *transaction)
        .await
        .map_err(failed("forgetting which events came"))?;
    let mut done = Rebuilt::default();
    for topic in topics {
        let mut reader = reader(cluster, topic)?;
        for partition in reader.partitions()? {
            let mut stretch = reader.open(partition, None)?;
            loop {
                let messages = stretch.batch(BATCH)?;
                if messages.is_empty() {
                    break;
                }
                let events = opened(projection, &messages, &mut done);
                take_effect(&mut transaction, projection, &events, &mut done).await?;
            }
        }
    }
    transaction.commit().await.map_err(failed("committing"))?;
    Ok(done)
}

/// The group name is not used: nothing is committed.
fn reader(cluster: &Cluster, topic: &str) -> Result<TopicReader, ReadError> {
    TopicReader::new(cluster, "rebuild", "rebuild", topic)
}

fn dropped(cluster: &Cluster, topics: &[&str]) -> Result<Vec<Dropped>, ReadError> {
    let mut dropped = Vec::new();
    for topic in topics {
        let reader = reader(cluster, topic)?;
        for partition in reader.partitions()? {
            let events = reader.start(partition)?;
            if events > 0 {
                dropped.push(Dropped {
                    topic: (*topic).to_owned(),
                    partition,
                    events,
                });
            }
        }
    }
    Ok(dropped)
}

/// Prints a message for the person who runs the command, which starts no telemetry.
fn warn(words: &str) {
    eprintln!("{words}");
}

fn opened<P: Projection>(projection: &P, messages: &[OwnedMessage], done: &mut Rebuilt) -> Vec<Incoming> {
    let mut events = Vec::with_capacity(messages.len());
    for message in messages {
        let envelope: Option<CloudEvent> = serde_json::from_slice(message.payload().unwrap_or_default()).ok();
        match envelope {
            Some(envelope) if !projection.concerns(&envelope.kind) => done.passed_over += 1,
            Some(envelope) => match Incoming::open(envelope) {
                Ok(incoming) => events.push(incoming),
                Err(_) => done.unreadable += 1,
            },
            None => done.unreadable += 1,
        }
    }
    events
}

/// Applies the events together if possible, otherwise one by one, to skip only those that can never be applied.
async fn take_effect<P: Projection>(
    connection: &mut PgConnection,
    projection: &P,
    events: &[Incoming],
    done: &mut Rebuilt,
) -> Result<(), RebuildError> {
    match attempt(connection, projection, events).await {
        Ok(fresh) => {
            done.events += fresh;
            done.passed_over += events.len() - fresh;
            return Ok(());
        }
        Err(HandleError::Permanent(_)) => {}
        Err(HandleError::Transient(source)) => return Err(RebuildError::Effect(source)),
    }
    for event in events {
        match attempt(connection, projection, std::slice::from_ref(event)).await {
            Ok(fresh) => {
                done.events += fresh;
                done.passed_over += 1 - fresh;
            }
            Err(HandleError::Permanent(reason)) => {
                let (kind, id) = (&event.envelope.kind, event.envelope.id);
                warn(&format!(
                    "the event {id} ({kind}) cannot have its effect: {reason}"
                ));
                done.unreadable += 1;
            }
            Err(HandleError::Transient(source)) => return Err(RebuildError::Effect(source)),
        }
    }
    Ok(())
}

/// Works inside a savepoint, so that a failure leaves the transaction as it was.
async fn attempt<P: Projection>(
    connection: &mut PgConnection,
    projection: &P,
    events: &[Incoming],
) -> Result<usize, HandleError> {
    let mut savepoint = connection.begin().await.map_err(handle_error)?;
    let fresh = inbox::note(&mut savepoint, events).await.map_err(handle_error)?;
    let mut affected = projection
        .load(&mut savepoint, &fresh)
        .await
        .map_err(handle_error)?;
    for incoming in &fresh {
        // The returned events are dropped: they were published when the event was first applied.
        projection
            .react(&mut affected, incoming, SystemClock.now())
            .map_err(HandleError::Permanent)?;
    }
    let saved = projection.save(&mut savepoint, affected).await;
    if !saved.map_err(handle_error)? {
        return Err(HandleError::Transient(
            "somebody else writes what events alone should make".into(),
        ));
    }
    savepoint.commit().await.map_err(handle_error)?;
    Ok(fresh.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Source, RebuildError> {
        Source::arguments(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn only_who_says_so_is_content_with_what_is_left() {
        assert_eq!(asked("").unwrap(), Source::Everything);
        assert_eq!(asked("--from-what-is-left").unwrap(), Source::Available);
        let words = asked("--from-scratch").unwrap_err().to_string();
        assert!(
            words.contains("--from-scratch") && words.contains(WHAT_IS_LEFT),
            "{words}"
        );
    }
}
