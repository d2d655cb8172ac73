//! What customer does when it hears of orders.

use crate::domain::Notification;
use crate::store;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderState};
use fdp_kit::inbox::{EventHandler, Incoming};
use sqlx::PgConnection;
use std::sync::Arc;
use tokio::sync::Notify;

/// Keeps a message for each change of an order.
#[derive(Debug, Clone, Default)]
pub struct OrderEvents {
    sender: Option<Arc<Notify>>,
}

impl OrderEvents {
    /// Keeps messages that somebody is to send, who is woken by `sender`.
    pub fn sent_by(sender: Arc<Notify>) -> Self {
        Self { sender: Some(sender) }
    }
}

#[async_trait]
impl EventHandler for OrderEvents {
    /// The messages to keep. Nothing has to be loaded for them: a change is told once because its message has the
    /// order's version in its key.
    type Affected = Vec<Notification>;

    fn concerns(&self, kind: &str) -> bool {
        OrderState::ALL.iter().any(|state| state.event_type() == kind)
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
            tracing::info!(version = order.version, customer_id = %order.customer_id, "the customer is told");
            messages.push(Notification::about(
                order,
                incoming.envelope.traceparent.clone(),
                now,
            ));
        }
        Ok(Vec::new())
    }

    async fn save(
        &self,
        connection: &mut PgConnection,
        messages: Vec<Notification>,
    ) -> Result<bool, sqlx::Error> {
        let local = store::insert(connection, &messages, self.sender.is_some()).await?;
        metrics::counter!("notifications_total", "outcome" => "local").increment(local);
        Ok(true)
    }

    async fn committed(&self, _events: &[Incoming]) {
        if let Some(sender) = &self.sender {
            sender.notify_one();
        }
    }
}
