//! Dead letters: messages that a consumer group could not handle. They can be listed, and replayed after a fix.
//!
//! Each service's program has the commands `<service> dead-letters list` and `replay`. A replay publishes the message
//! again, unchanged, to its original topic, so that it is processed like any other message; the header [`REPLAY_FOR`]
//! names the group, and other groups ignore the message. They would not handle it twice in any case, because it keeps
//! its event id. How far a group's dead letters have been replayed is committed to Kafka as an offset, so that each is
//! replayed once. A crash between publishing and committing may repeat one; its id makes that harmless.

mod command;

use crate::kafka::{self, Cluster};
use crate::topic_reader::{ReadError, TopicReader};
use command::{Command, USAGE};
use fdp_contracts::{CloudEvent, topic};
use fdp_runtime::config::ConfigError;
use futures::FutureExt as _;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use serde::Serialize;
use std::io::Write;
use std::time::Duration;
use uuid::Uuid;

/// The header that names the only group for which a message was published again.
pub const REPLAY_FOR: &str = "replay-for";
const BATCH: usize = 100;
const PUBLISH: Duration = Duration::from_secs(20);

/// Why dead letters could not be listed or replayed.
#[derive(Debug, thiserror::Error)]
pub enum DeadLettersError {
    /// The command line is invalid.
    #[error("{0}\n{USAGE}")]
    Usage(String),
    /// A setting is missing.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The dead letters could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A dead letter could not be published again.
    #[error("publishing a dead letter again to the topic {topic}: {source}")]
    Publish {
        /// The topic that it came from.
        topic: String,
        /// The client's error.
        source: KafkaError,
    },
    /// Writing the output failed.
    #[error("writing to standard output: {0}")]
    Output(#[from] std::io::Error),
    /// A dead letter could not be serialised as JSON.
    #[error("writing a dead letter as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// A dead letter, as it is listed: one JSON object a line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Letter {
    /// Its offset in the group's dead-letter topic.
    offset: i64,
    /// Why it could not be handled.
    reason: Option<String>,
    /// Its original position: topic/partition/offset.
    origin: Option<String>,
    /// The event's type, if the message is a valid event.
    #[serde(rename = "type")]
    kind: Option<String>,
    event_id: Option<Uuid>,
    /// The message's key: the order's id, or the product's.
    key: String,
    /// Whether it has been replayed before now.
    replayed: bool,
}

/// If the program's arguments are a `dead-letters` command, runs it for the dead letters of `group` and exits the
/// process; otherwise does nothing. To be called before a service starts anything.
///
/// # Errors
/// When the command fails.
pub fn run_if_asked(group: &str) -> Result<(), DeadLettersError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = command::parse(&arguments).map_err(DeadLettersError::Usage)? else {
        return Ok(());
    };
    let cluster = Cluster::from_environment()?;
    run(&cluster, group, &command, &mut std::io::stdout().lock())?;
    std::process::exit(0)
}

/// Whether a message was published again for another group than `group`.
pub(crate) fn is_for_another<M: Message>(message: &M, group: &str) -> bool {
    message.headers().is_some_and(|headers| {
        headers
            .iter()
            .any(|header| header.key == REPLAY_FOR && header.value != Some(group.as_bytes()))
    })
}

fn run(
    cluster: &Cluster,
    group: &str,
    command: &Command,
    output: &mut impl Write,
) -> Result<(), DeadLettersError> {
    let client_id = format!("{group}-dead-letters");
    let mut reader = TopicReader::new(cluster, &client_id, &client_id, &topic::dead_letter(group))?;
    let publisher = Publisher::new(cluster, &client_id, group)?;
    let mut left = command.limit.unwrap_or(usize::MAX);
    for partition in reader.partitions()? {
        let noted = reader.noted(partition)?.unwrap_or(0);
        let everything = command.all || command.event.is_some();
        let mut stretch = reader.open(partition, (!everything).then_some(noted))?;
        while left > 0 {
            let batch = stretch.batch(BATCH.min(left))?;
            let Some(last) = batch.last().map(Message::offset) else {
                break;
            };
            let letters: Vec<(OwnedMessage, Letter)> = batch
                .into_iter()
                .map(|message| {
                    let letter = Letter::of(&message, noted);
                    (message, letter)
                })
                .filter(|(_, letter)| command.event.is_none() || command.event == letter.event_id)
                .collect();
            left -= letters.len();
            if command.replay {
                publisher.publish(&letters)?;
                // With `--event`, earlier dead letters may not be replayed yet, so the offset must not advance.
                if command.event.is_none() {
                    stretch.note(last + 1)?;
                }
            }
            for (_, letter) in &letters {
                serde_json::to_writer(&mut *output, letter)?;
                output.write_all(b"\n")?;
            }
        }
    }
    Ok(())
}

impl Letter {
    fn of(message: &OwnedMessage, noted: i64) -> Self {
        let envelope: Option<CloudEvent> = serde_json::from_slice(message.payload().unwrap_or_default()).ok();
        Self {
            offset: message.offset(),
            reason: header(message, "reason"),
            origin: header(message, "origin"),
            event_id: envelope.as_ref().map(|envelope| envelope.id),
            kind: envelope.map(|envelope| envelope.kind),
            key: text(message.key().unwrap_or_default()),
            replayed: message.offset() < noted,
        }
    }

    /// The topic that it came from.
    fn topic(&self) -> Option<&str> {
        self.origin.as_deref()?.rsplitn(3, '/').nth(2)
    }
}

/// Publishes dead letters again.
struct Publisher<'a> {
    producer: FutureProducer,
    cluster: &'a Cluster,
    group: &'a str,
}

impl<'a> Publisher<'a> {
    fn new(cluster: &'a Cluster, client_id: &str, group: &'a str) -> Result<Self, DeadLettersError> {
        let producer = kafka::producer(cluster, client_id).map_err(|source| DeadLettersError::Publish {
            topic: "that it came from".to_owned(),
            source,
        })?;
        Ok(Self {
            producer,
            cluster,
            group,
        })
    }

    /// Returns when the broker has all of them. Skips dead letters without an origin: they were not written by our
    /// consumers.
    fn publish(&self, letters: &[(OwnedMessage, Letter)]) -> Result<(), DeadLettersError> {
        let mut deliveries = Vec::with_capacity(letters.len());
        for (message, letter) in letters {
            let Some(topic) = letter.topic().map(|topic| self.cluster.name_there(topic)) else {
                continue;
            };
            let headers = OwnedHeaders::new().insert(Header {
                key: REPLAY_FOR,
                value: Some(self.group),
            });
            let record = FutureRecord::to(&topic)
                .key(message.key().unwrap_or_default())
                .payload(message.payload().unwrap_or_default())
                .headers(headers);
            let sent = self.producer.send_result(record).map_err(|(error, _)| error);
            let failed = |source| DeadLettersError::Publish { topic, source };
            let delivery = match sent {
                Ok(delivery) => delivery,
                Err(error) => return Err(failed(error)),
            };
            deliveries.push((delivery, failed));
        }
        let flushed = self.producer.flush(PUBLISH);
        for (delivery, failed) in deliveries {
            let outcome = match (delivery.now_or_never(), &flushed) {
                (Some(Ok(Ok(_))), _) => Ok(()),
                (Some(Ok(Err((error, _)))), _) => Err(error),
                (_, Err(error)) => Err(error.clone()),
                (_, Ok(())) => Err(KafkaError::Canceled),
            };
            outcome.map_err(failed)?;
        }
        Ok(())
    }
}

fn header(message: &OwnedMessage, name: &str) -> Option<String> {
    let headers = message.headers()?;
    let found = headers.iter().find(|header| header.key == name)?;
    Some(text(found.value.unwrap_or_default()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::Timestamp;

    fn message(origin: &str, payload: &str) -> OwnedMessage {
        let headers = OwnedHeaders::new().insert(Header {
            key: "origin",
            value: Some(origin),
        });
        OwnedMessage::new(
            Some(payload.as_bytes().to_vec()),
            Some(b"ord_1".to_vec()),
            "fooddelivery.dead-letter.pay".to_owned(),
            Timestamp::NotAvailable,
            0,
            7,
            Some(headers),
        )
    }

    #[test]
    fn a_letter_tells_where_it_came_from_and_whether_it_was_replayed() {
        let letter = Letter::of(&message("fooddelivery.order/3/41", "not an event"), 8);
        assert_eq!(letter.topic(), Some("fooddelivery.order"));
        assert!(letter.replayed);
        assert_eq!((letter.kind, letter.event_id), (None, None));
        assert!(!Letter::of(&message("fooddelivery.order/3/41", ""), 7).replayed);
        assert_eq!(Letter::of(&message("nowhere", ""), 7).topic(), None);
    }
}
