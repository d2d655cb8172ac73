//! Writes events into the outbox, in the transaction of the change that they announce.

use crate::outbox::error::OutboxError;
use crate::outbox::row::Row;
use crate::outbox::wakes::Wakes;
use fdp_contracts::{CloudEvent, Event};
use fdp_runtime::trace;
use sqlx::PgConnection;
use std::sync::Arc;

/// The outbox, to which a service writes the events that announce its changes.
#[derive(Debug, Clone)]
pub struct Outbox {
    service: &'static str,
    topic: &'static str,
    pub(crate) wakes: Arc<Wakes>,
}

impl Outbox {
    /// The outbox of `service`, whose events go to `topic` once a relay runs: [`crate::OpenDatabase::outbox`] returns
    /// an outbox with its relay.
    pub fn new(service: &'static str, topic: &'static str) -> Self {
        Self {
            service,
            topic,
            wakes: Arc::default(),
        }
    }

    /// The same outbox for events that go to another topic of the service; the same relay publishes them.
    #[must_use]
    pub fn to(&self, topic: &'static str) -> Self {
        Self {
            topic,
            ..self.clone()
        }
    }

    /// The outbox of a service that only consumes: it accepts no events.
    pub fn silent(service: &'static str) -> Self {
        Self::new(service, "")
    }

    /// Wraps `event` in its envelope.
    ///
    /// # Errors
    /// When this service has no topic.
    pub fn envelope(&self, event: Event, traceparent: Option<String>) -> Result<CloudEvent, OutboxError> {
        if self.topic.is_empty() {
            return Err(OutboxError::OnlyListens(self.service));
        }
        Ok(event.into_cloud_event(self.service, traceparent)?)
    }

    /// The outbox row for `event`, for a service's own statement that writes it together with the change.
    ///
    /// # Errors
    /// When it cannot be published; the caller should then abort the change.
    pub fn row(&self, event: Event, traceparent: Option<String>) -> Result<Row, OutboxError> {
        Row::new(self.topic, &self.envelope(event, traceparent)?)
    }

    /// The topic of this service's events.
    pub fn topic(&self) -> &'static str {
        self.topic
    }

    /// Adds `events` to the transaction on `connection`, with the current task's trace. They are published after the
    /// commit; call [`Self::wake`] then.
    ///
    /// # Errors
    /// When the database refuses them, or one cannot be published; the caller should then roll back the transaction.
    pub async fn append(&self, connection: &mut PgConnection, events: Vec<Event>) -> Result<(), OutboxError> {
        let rows = events
            .into_iter()
            .map(|event| self.row(event, trace::current_header()))
            .collect::<Result<Vec<_>, _>>()?;
        self.append_rows(connection, &rows).await
    }

    /// The same for existing rows.
    ///
    /// # Errors
    /// When the database refuses them; the caller should then roll back the transaction.
    pub(crate) async fn append_rows(
        &self,
        connection: &mut PgConnection,
        rows: &[Row],
    ) -> Result<(), OutboxError> {
        if rows.is_empty() {
            return Ok(());
        }
        let (mut ids, mut keys, mut payloads) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            ids.push(row.event_id());
            keys.push(row.key());
            payloads.push(row.payload());
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
        .map_err(OutboxError::database("appending to the outbox"))?;
        Ok(())
    }

    /// Wakes the relay after a commit. A lost wake-up (a crash just here) delays events by at most a second.
    pub fn wake(&self) {
        self.wakes.wake();
    }
}
