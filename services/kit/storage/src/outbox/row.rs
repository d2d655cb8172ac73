//! An event as it waits in the outbox.

use crate::outbox::error::OutboxError;
use fdp_contracts::CloudEvent;
use uuid::Uuid;

/// The longest envelope in bytes: Kafka and its client refuse messages of a million bytes, key and all, and one that
/// could never be published would hold up all that come after it.
const LONGEST: usize = 900_000;

/// A row of the table `outbox`. There is no other way to make one, so that none is too long to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    event_id: Uuid,
    topic: &'static str,
    key: String,
    payload: String,
}

impl Row {
    /// `envelope` as it waits to be published to `topic`.
    ///
    /// # Errors
    /// When it has no JSON form, or is too long for Kafka: the change that it announces should then be given up.
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

    /// The column `key`: what the event is about.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The column `payload`, as text.
    pub fn payload(&self) -> &str {
        &self.payload
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
