//! Making what a service knows from events anew, from the start of its topics: a projection that was lost, or that a
//! new version makes differently.

use crate::contracts::CloudEvent;
use crate::inbox::{self, EventHandler, HandleError, Incoming};
use crate::topic_reader::{ReadError, TopicReader};
use crate::{Clock, SystemClock};
use async_trait::async_trait;
use rdkafka::Message;
use rdkafka::message::OwnedMessage;
use sqlx::{Connection, PgConnection, PgPool};
use std::error::Error;

const BATCH: usize = 500;

/// What keeps a projection from being made anew. It then stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// A topic cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The database refuses it.
    #[error("{doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        source: sqlx::Error,
    },
    /// An event cannot have its effect for now.
    #[error("letting events have their effect: {0}")]
    Effect(#[source] Box<dyn Error + Send + Sync>),
}

fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> RebuildError {
    move |source| RebuildError::Database { doing, source }
}

/// A handler whose data comes from events alone.
#[async_trait]
pub trait Projection: EventHandler {
    /// Forgets everything; on `connection`, inside the transaction that then makes it anew.
    async fn empty(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error>;
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events that had their effect.
    pub events: usize,
    /// Events that had come before, or that concern nobody here.
    pub passed_over: usize,
    /// Messages that are no events, or that can never have their effect; they lie with the dead letters as well.
    pub unreadable: usize,
}

/// Empties what `projection` has made, and makes it anew from all that `topics` hold, in one transaction: whoever reads
/// meanwhile sees the old, and after a failure it is still there. The service may go on running: its consumers wait for
/// the end of the transaction, and then go on where they were, since the inbox is made anew along with it.
///
/// It reads Kafka on the calling thread.
///
/// # Errors
/// When the topics cannot be read, or the database does not answer.
pub async fn rebuild<P: Projection>(
    pool: &PgPool,
    brokers: &str,
    topics: &[&str],
    projection: &P,
) -> Result<Rebuilt, RebuildError> {
    let mut transaction = pool.begin().await.map_err(failed("beginning"))?;
    // Consumers write here first, and read nothing: they wait, and hold nothing that is needed below.
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
        // Nothing is noted under the group's name.
        let mut reader = TopicReader::new(brokers, "rebuild", "rebuild", topic)?;
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

/// Together if they can, and otherwise one by one, so that only those without an effect are left out.
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
        Err(HandleError::Poison(_)) => {}
        Err(HandleError::Passing(source)) => return Err(RebuildError::Effect(source)),
    }
    for event in events {
        match attempt(connection, projection, std::slice::from_ref(event)).await {
            Ok(fresh) => {
                done.events += fresh;
                done.passed_over += 1 - fresh;
            }
            Err(HandleError::Poison(reason)) => {
                tracing::warn!(%reason, event_id = %event.envelope.id, "an event cannot have its effect");
                done.unreadable += 1;
            }
            Err(HandleError::Passing(source)) => return Err(RebuildError::Effect(source)),
        }
    }
    Ok(())
}

/// Inside a savepoint, so that a failure leaves the transaction as it was.
async fn attempt<P: Projection>(
    connection: &mut PgConnection,
    projection: &P,
    events: &[Incoming],
) -> Result<usize, HandleError> {
    let mut savepoint = connection.begin().await?;
    let fresh = inbox::note(&mut savepoint, events).await?;
    let mut affected = projection.load(&mut savepoint, &fresh).await?;
    for incoming in &fresh {
        // What it would announce was announced when it was new.
        projection
            .react(&mut affected, incoming, SystemClock.now())
            .map_err(HandleError::Poison)?;
    }
    if !projection.save(&mut savepoint, affected).await? {
        return Err(HandleError::Passing(
            "somebody else writes what events alone should make".into(),
        ));
    }
    savepoint.commit().await?;
    Ok(fresh.len())
}
