//! Consumes the events of orders: each change is recorded as a message to the customer.

use crate::application::RecordNotifications;
use crate::domain::Notification;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderState};
use fdp_messaging::Incoming;
use fdp_storage::inbox::EventHandler;
use sqlx::PgConnection;

/// Records a message for each change of an order.
#[derive(Debug, Clone, Default)]
pub struct OrderEvents {
    notifications: RecordNotifications,
}

impl OrderEvents {
    /// Passes order events to this use case.
    pub fn new(notifications: RecordNotifications) -> Self {
        Self { notifications }
    }
}

#[async_trait]
impl EventHandler for OrderEvents {
    /// The messages to insert.
    type Affected = Vec<Notification>;

    fn concerns(&self, kind: &str) -> bool {
        OrderState::announces_any(kind, &OrderState::ALL)
    }

    async fn load(
        &self,
        _connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Vec<Notification>, sqlx::Error> {
        Ok(Vec::with_capacity(events.len()))
    }

    fn react(
        &self,
        messages: &mut Vec<Notification>,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        if let Event::Order(order) = &incoming.event {
            let traceparent = incoming.envelope.traceparent.clone();
            RecordNotifications::record(messages, order, traceparent, now);
        }
        Ok(Vec::new())
    }

    async fn save(
        &self,
        connection: &mut PgConnection,
        messages: Vec<Notification>,
    ) -> Result<bool, sqlx::Error> {
        self.notifications.save(connection, &messages).await?;
        Ok(true)
    }

    async fn committed(&self, _events: &[Incoming]) {
        self.notifications.wake_sender();
    }
}
