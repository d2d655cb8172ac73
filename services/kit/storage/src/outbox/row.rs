//! A row of the outbox table.

use crate::outbox::error::OutboxError;
use fdp_contracts::CloudEvent;
use uuid::Uuid;

/// The longest envelope in bytes: Kafka and its client refuse messages of a million bytes, including the key. An event
/// that can never be published would block all later ones.
const LONGEST: usize = 900_000;

/// A row of the table `outbox`. [`Row::new`] is the only constructor, so that no row is too long to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    event_id: Uuid,
    topic: &'static str,
    key: String,
    payload: String,
}

impl Row {
    /// The row for `envelope`, to be published to `topic`.
    ///
    /// # Errors
    /// When it cannot be serialised as JSON, or is too long for Kafka: the caller should then abort the change that it
    /// announces.
    pub fn new(topic: &'static str, envelope: &CloudEvent) -> Result<Self, OutboxError> {
        Ok(Self {
            event_id: envelope.id,
            topic,
            key: envelope.subject.clone(),
            payload: payload(envelope)?,
        })
    }

    /// The column `event_id`.
    pub fn event_id(&self) -> Uuid {
        self.event_id
    }

    /// The column `topic`.
    pub fn topic(&self) -> &'static str {
        self.topic
    }

    /// The column `key`: the subject of the event.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The column `payload`, as text.
    pub fn payload(&self) -> &str {
        &self.payload
    }
}

/// The message value for `envelope`.
///
/// # Errors
/// When it cannot be serialised as JSON, or is too long for Kafka: the caller should then abort the change that it
/// announces.
pub fn payload(envelope: &CloudEvent) -> Result<String, OutboxError> {
    let payload = serde_json::to_string(envelope)?;
    if payload.len() > LONGEST {
        return Err(OutboxError::TooLong {
            kind: envelope.kind.clone(),
            subject: envelope.subject.clone(),
            bytes: payload.len(),
            most: LONGEST,
        });
    }
    Ok(payload)
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
