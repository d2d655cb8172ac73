//! The inbox: each event takes effect once, in one transaction with the note that it did.
//!
//! An offset is committed after the effect, so that a crash repeats a message and never skips one; the
//! repeated message finds its id in the inbox. A message that can never be handled goes to the group's
//! dead-letter topic with its reason, and the partition moves on. While the database or the broker is away,
//! the consumer waits and tries again.

use crate::contracts::{CloudEvent, Event, topic};
use crate::trace::{self, TraceContext};
use crate::{Check, Health, database, kafka, outbox::OutboxError};
use async_trait::async_trait;
use rdkafka::Message;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use sqlx::{PgConnection, PgPool};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

/// What a service does with an event.
#[async_trait]
pub trait EventHandler: Send + Sync + 'static {
    /// Brings about the effect of `event` on `connection`, which is inside the transaction that also marks the
    /// event as handled. Called once per event id whose transaction commits. Events that concern nobody here
    /// (and [`Event::Unknown`]) are to be ignored.
    ///
    /// # Errors
    /// [`HandleError::Poison`] when it can never succeed; [`HandleError::Passing`] to be called again.
    async fn handle(
        &self,
        connection: &mut PgConnection,
        event: Event,
        envelope: &CloudEvent,
    ) -> Result<(), HandleError>;

    /// Called after the effect is durable, for what may be lost (to wake someone up, say).
    async fn committed(&self, _envelope: &CloudEvent) {}
}

/// Why an event had no effect.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// It never will: the message goes to the dead letters.
    #[error("{0}")]
    Poison(String),
    /// Not now: the message is tried again.
    #[error(transparent)]
    Passing(sqlx::Error),
}

impl From<sqlx::Error> for HandleError {
    fn from(error: sqlx::Error) -> Self {
        // Data that the database refuses (class 22) or that breaks a rule (class 23) will be refused again.
        let refused = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        if refused.is_some_and(|code| code.starts_with("22") || code.starts_with("23")) {
            return Self::Poison(error.to_string());
        }
        Self::Passing(error)
    }
}

impl From<OutboxError> for HandleError {
    fn from(error: OutboxError) -> Self {
        sqlx::Error::from(error).into()
    }
}

pub(crate) struct Subscription {
    pub(crate) brokers: String,
    pub(crate) group: String,
    pub(crate) topics: Vec<String>,
    pub(crate) pool: PgPool,
    pub(crate) dead_letters: FutureProducer,
    pub(crate) handler: Arc<dyn EventHandler>,
    pub(crate) health: Health,
    pub(crate) check: Check,
}

/// Consumes until stopped; the message at hand is finished first.
pub(crate) async fn run(subscription: Subscription, client_id: String, stop: CancellationToken) {
    // Before the first migration there is no inbox to write into.
    tokio::select! {
        () = subscription.health.until_ready() => {}
        () = stop.cancelled() => return,
    }
    let topics: Vec<&str> = subscription.topics.iter().map(String::as_str).collect();
    let consumer: StreamConsumer = loop {
        let made = kafka::consumer(&subscription.brokers, &client_id, &subscription.group)
            .and_then(|consumer| consumer.subscribe(&topics).map(|()| consumer));
        match made {
            Ok(consumer) => break consumer,
            Err(error) => {
                subscription.check.failing(&format!("subscribing: {error}"));
                tokio::time::sleep(LONGEST_RETRY).await;
            }
        }
    };
    loop {
        let received = tokio::select! {
            received = consumer.recv() => received,
            () = stop.cancelled() => break,
        };
        match received {
            Ok(message) => {
                subscription.check.ready();
                tokio::select! {
                    () = subscription.until_done(&message) => {}
                    // Not stored: the replica that takes over the partition gets it again.
                    () = stop.cancelled() => break,
                }
                if let Err(error) = consumer.store_offset_from_message(&message) {
                    tracing::warn!(%error, "an offset could not be stored; the message will come again");
                }
            }
            Err(error) => {
                subscription.check.failing(&error.to_string());
                tracing::warn!(%error, group = %subscription.group, "receiving failed; trying again");
                tokio::time::sleep(FIRST_RETRY).await;
            }
        }
    }
    // Says goodbye to the group, so that the others take over at once.
    let _ = tokio::task::spawn_blocking(move || drop(consumer)).await;
}

impl Subscription {
    async fn until_done(&self, message: &BorrowedMessage<'_>) {
        let mut pause = FIRST_RETRY;
        loop {
            match self.once(message).await {
                Ok(outcome) => {
                    let labels = [("group", self.group.clone()), ("outcome", outcome.to_owned())];
                    metrics::counter!("events_consumed_total", &labels).increment(1);
                    return;
                }
                Err(HandleError::Passing(error)) => {
                    let passing = database::is_passing(&error);
                    tracing::warn!(%error, passing, topic = message.topic(), "an event has to wait");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_RETRY);
                }
                Err(HandleError::Poison(reason)) => {
                    tracing::error!(%reason, topic = message.topic(), "an event goes to the dead letters");
                    self.bury(message, &reason).await;
                    metrics::counter!("events_dead_lettered_total", "group" => self.group.clone())
                        .increment(1);
                    return;
                }
            }
        }
    }

    async fn once(&self, message: &BorrowedMessage<'_>) -> Result<&'static str, HandleError> {
        let payload = message.payload().unwrap_or_default();
        let envelope: CloudEvent = serde_json::from_slice(payload)
            .map_err(|error| HandleError::Poison(format!("not a CloudEvent: {error}")))?;
        let event = envelope
            .event()
            .map_err(|error| HandleError::Poison(error.to_string()))?;
        if event == Event::Unknown {
            return Ok("unknown");
        }
        let context = envelope
            .traceparent
            .as_deref()
            .and_then(TraceContext::parse)
            .map_or_else(TraceContext::start, TraceContext::child);
        let span = tracing::info_span!(
            "event", kind = %envelope.kind, order_id = %envelope.subject, event_id = %envelope.id,
            trace_id = %context.trace_id(),
        );
        trace::within(context, self.take_effect(event, &envelope))
            .instrument(span)
            .await
    }

    async fn take_effect(&self, event: Event, envelope: &CloudEvent) -> Result<&'static str, HandleError> {
        let mut transaction = self.pool.begin().await?;
        let fresh = sqlx::query("INSERT INTO inbox (event_id) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(envelope.id)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if fresh == 0 {
            return Ok("duplicate");
        }
        self.handler.handle(&mut transaction, event, envelope).await?;
        transaction.commit().await?;
        self.handler.committed(envelope).await;
        tracing::debug!("handled");
        Ok("handled")
    }

    /// Keeps at it until the broker has the message: a dead letter that is lost is lost for good.
    async fn bury(&self, message: &BorrowedMessage<'_>, reason: &str) {
        let topic = topic::dead_letter(&self.group);
        let origin = format!("{}/{}/{}", message.topic(), message.partition(), message.offset());
        loop {
            let headers = OwnedHeaders::new()
                .insert(Header {
                    key: "reason",
                    value: Some(reason),
                })
                .insert(Header {
                    key: "origin",
                    value: Some(&origin),
                });
            let record = FutureRecord::to(&topic)
                .key(message.key().unwrap_or_default())
                .payload(message.payload().unwrap_or_default())
                .headers(headers);
            match self.dead_letters.send(record, LONGEST_RETRY).await {
                Ok(_) => return,
                Err((error, _)) => {
                    tracing::error!(%error, %topic, "a dead letter could not be kept; trying again");
                    tokio::time::sleep(LONGEST_RETRY).await;
                }
            }
        }
    }
}
