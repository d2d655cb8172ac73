//! Records a message in the local outbox for each change of an order.

use super::ports::OutboxTransaction;
use crate::domain::Notification;
use chrono::{DateTime, Utc};
use fdp_contracts::OrderSnapshot;
use std::sync::Arc;
use tokio::sync::Notify;

/// The use case that order events trigger.
#[derive(Debug, Clone, Default)]
pub struct RecordNotifications {
    sender: Option<Arc<Notify>>,
}

impl RecordNotifications {
    /// Records messages for a sender, which waits on `sender`.
    pub fn sent_by(sender: Arc<Notify>) -> Self {
        Self { sender: Some(sender) }
    }

    /// Adds the message about the latest change of `order` to the messages of a batch. Nothing has to be loaded for it:
    /// the key of a message contains the order's version, so each change has one message.
    pub fn record(
        messages: &mut Vec<Notification>,
        order: &OrderSnapshot,
        traceparent: Option<String>,
        now: DateTime<Utc>,
    ) {
        tracing::debug!(version = order.version, customer_id = %order.customer_id, "the customer is told");
        messages.push(Notification::about(order, traceparent, now));
    }

    /// Saves the messages of a batch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save<T: OutboxTransaction>(
        &self,
        transaction: &mut T,
        messages: &[Notification],
    ) -> Result<(), T::Error> {
        let local = transaction.insert(messages, self.sender.is_some()).await?;
        metrics::counter!("notifications_total", "outcome" => "local").increment(local);
        Ok(())
    }

    /// Wakes the sender, once the messages of a batch are committed.
    pub fn wake_sender(&self) {
        if let Some(sender) = &self.sender {
            sender.notify_one();
        }
    }
}
