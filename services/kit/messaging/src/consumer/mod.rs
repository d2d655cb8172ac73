//! The consumer: reads messages in batches, applies them, and only then commits their offsets.
//!
//! An offset is committed after the effect, so that a crash repeats a message but never skips one; a repeated message
//! is detected by its id in the inbox. A message that can never be applied goes to the group's dead-letter topic with
//! the reason, and the partition continues. While the database or the broker is unavailable, the consumer retries.

mod dead_letters;

use crate::dead_letters::is_for_another;
use crate::effects::{Effects, HandleError};
use crate::incoming::Incoming;
use crate::kafka::{self, Cluster, EventConsumer};
use crate::stuck_consumer::Watch;
pub(crate) use dead_letters::DeadLetters;
use fdp_contracts::CloudEvent;
use fdp_runtime::{Check, Health};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use rdkafka::Message;
use rdkafka::consumer::Consumer;
use rdkafka::message::BorrowedMessage;
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// How long a client may take to leave its group and end. One that hangs takes for ever.
const CLOSING: Duration = Duration::from_secs(10);
/// The retry pause from which on the check reports that events are waiting.
const REPORT_AFTER: Duration = Duration::from_secs(1);
/// The most messages in a batch. Under load a batch costs little more than one message.
const BATCH: usize = 256;

pub(crate) struct Subscription {
    pub(crate) cluster: Cluster,
    pub(crate) group: String,
    pub(crate) topics: Vec<String>,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) effects: Arc<dyn Effects>,
    pub(crate) health: Health,
    pub(crate) check: Check,
    /// How often to check for messages that are not being read.
    pub(crate) check_interval: Duration,
}

/// The part of an envelope that decides whether the rest is parsed.
#[derive(Deserialize)]
struct Label<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

/// What to do with a message.
enum Action {
    Ignore,
    TakeEffect(Box<Incoming>),
    DeadLetter(String),
}

/// Consumes until stopped; messages in progress are then redelivered to the replica that takes over.
pub(crate) async fn run(subscription: Subscription, client_id: String, stop: CancellationToken) {
    // Until the first migration, there is no inbox table.
    tokio::select! {
        () = subscription.health.until_tasks_may_run() => {}
        () = stop.cancelled() => return,
    }
    loop {
        let consumer = tokio::select! {
            consumer = subscription.subscribed(&client_id) => Arc::new(consumer),
            () = stop.cancelled() => return,
        };
        let ended = subscription.consume(&consumer, &stop).await;
        // Dropping it leaves the group, so that other members take over at once.
        let closed = tokio::task::spawn_blocking(move || drop(consumer));
        let _ = tokio::time::timeout(CLOSING, closed).await;
        match ended {
            Ended::Stopped => return,
            Ended::Stuck(why) => {
                let group = &subscription.group;
                tracing::warn!(%group, %why, "making a new Kafka client");
                metrics::counter!("consumer_renewals_total", "group" => group.clone()).increment(1);
            }
        }
    }
}

/// Why a consumer ended.
enum Ended {
    Stopped,
    /// The client does not read what waits, or does not find the way back to its group.
    Stuck(String),
}

/// `first` plus the messages that are available already; it never waits for a batch to fill.
fn collect_batch<'a>(consumer: &'a EventConsumer, first: BorrowedMessage<'a>) -> Vec<BorrowedMessage<'a>> {
    let mut batch = vec![first];
    while batch.len() < BATCH {
        // The next receive reports the error again.
        match consumer.recv().now_or_never() {
            Some(Ok(message)) => batch.push(message),
            _ => break,
        }
    }
    batch
}

impl Subscription {
    /// Subscribes as a member of the group; retries until the client can be created.
    async fn subscribed(&self, client_id: &str) -> EventConsumer {
        let there = self.topics.iter().map(|topic| self.cluster.name_there(topic));
        let there: Vec<String> = there.collect();
        let topics: Vec<&str> = there.iter().map(String::as_str).collect();
        loop {
            let made = kafka::consumer(&self.cluster, client_id, &self.group, self.check.clone())
                .and_then(|consumer| consumer.subscribe(&topics).map(|()| consumer));
            match made {
                Ok(consumer) => return consumer,
                Err(error) => {
                    self.check.failing(&format!("subscribing: {error}"));
                    tokio::time::sleep(LONGEST_RETRY).await;
                }
            }
        }
    }

    async fn consume(&self, consumer: &Arc<EventConsumer>, stop: &CancellationToken) -> Ended {
        let mut watch = Watch::new(Arc::clone(consumer), self.check_interval);
        loop {
            let received = tokio::select! {
                received = consumer.recv() => received,
                why = watch.stuck() => return Ended::Stuck(why),
                () = stop.cancelled() => return Ended::Stopped,
            };
            match received {
                Ok(first) => {
                    let batch = collect_batch(consumer, first);
                    tokio::select! {
                        () = self.process_batch(&batch) => {}
                        // Offsets are not stored: the replica that takes over receives the messages again.
                        () = stop.cancelled() => return Ended::Stopped,
                    }
                    for message in &batch {
                        if let Err(error) = consumer.store_offset_from_message(message) {
                            tracing::warn!(%error, "an offset could not be stored; the message will come again");
                        }
                    }
                }
                Err(error) => {
                    // It stays failing until the client reports that it is connected again.
                    self.check.failing(&error.to_string());
                    tracing::warn!(%error, group = %self.group, "receiving failed; trying again");
                    tokio::time::sleep(FIRST_RETRY).await;
                }
            }
        }
    }

    async fn process_batch(&self, batch: &[BorrowedMessage<'_>]) {
        let (mut messages, mut events) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        for message in batch {
            match self.action(message) {
                Action::Ignore => self.count("ignored", 1),
                Action::TakeEffect(incoming) => {
                    messages.push(message);
                    events.push(*incoming);
                }
                Action::DeadLetter(reason) => self.dead_letters.keep(message, &reason).await,
            }
        }
        if !events.is_empty() {
            self.take_effect(&messages, &events).await;
        }
    }

    fn action(&self, message: &BorrowedMessage<'_>) -> Action {
        if is_for_another(message, &self.group) {
            return Action::Ignore;
        }
        let payload = message.payload().unwrap_or_default();
        let label: Label<'_> = match serde_json::from_slice(payload) {
            Ok(label) => label,
            Err(error) => return Action::DeadLetter(format!("not a CloudEvent: {error}")),
        };
        if !self.effects.concerns(&label.kind) {
            return Action::Ignore;
        }
        let opened = serde_json::from_slice::<CloudEvent>(payload)
            .map_err(|error| format!("not a CloudEvent: {error}"))
            .and_then(|envelope| Incoming::open(envelope).map_err(|error| error.to_string()));
        match opened {
            Ok(incoming) => Action::TakeEffect(Box::new(incoming)),
            Err(reason) => Action::DeadLetter(reason),
        }
    }

    /// Retries until each of `events` is applied or is in the dead-letter topic. `messages` are the messages that
    /// contained them.
    fn take_effect<'a>(
        &'a self,
        messages: &'a [&'a BorrowedMessage<'_>],
        events: &'a [Incoming],
    ) -> BoxFuture<'a, ()> {
        async move {
            let mut pause = FIRST_RETRY;
            loop {
                match self.effects.apply(events).await {
                    Ok(before) => {
                        if pause >= REPORT_AFTER {
                            self.check.ready();
                        }
                        self.count("handled", events.len() - before);
                        self.count("duplicate", before);
                        return;
                    }
                    Err(HandleError::Transient(error)) => {
                        tracing::warn!(%error, events = events.len(), "events have to wait");
                        tokio::time::sleep(pause).await;
                        pause = (pause * 2).min(LONGEST_RETRY);
                        if pause >= REPORT_AFTER {
                            self.check.failing(&format!("events have to wait: {error}"));
                        }
                    }
                    Err(HandleError::Permanent(reason)) => {
                        if let [message] = messages {
                            self.dead_letters.keep(message, &reason).await;
                        } else {
                            // At least one of them can never be applied; handling them one by one lets the others pass.
                            for (message, event) in messages.chunks(1).zip(events.chunks(1)) {
                                self.take_effect(message, event).await;
                            }
                        }
                        return;
                    }
                }
            }
        }
        .boxed()
    }

    fn count(&self, outcome: &'static str, events: usize) {
        if events > 0 {
            let labels = [("group", self.group.clone()), ("outcome", outcome.to_owned())];
            metrics::counter!("events_consumed_total", &labels).increment(events as u64);
        }
    }
}

#[cfg(test)]
mod tests;
