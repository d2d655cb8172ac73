//! What the use cases need from the database and from a messenger.

use crate::domain::{Attempt, AttemptOutcome, Contact, Language, Notification, SendResult};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::OrderId;
use fdp_storage::RepositoryError;
use std::time::Duration;

/// Reads messages.
#[async_trait]
pub trait NotificationRepository: Send + Sync + 'static {
    /// All messages about one order, in the order of its changes.
    async fn of_order(&self, order_id: OrderId) -> Result<Vec<Notification>, RepositoryError>;

    /// The newest messages to one customer.
    async fn to_customer(&self, customer_id: &str, limit: u32) -> Result<Vec<Notification>, RepositoryError>;

    /// The newest messages of all.
    async fn newest(&self, limit: u32) -> Result<Vec<Notification>, RepositoryError>;
}

/// Stores the contacts of customers.
#[async_trait]
pub trait ContactRepository: Send + Sync + 'static {
    /// The contact of a customer, if there is one.
    async fn find(&self, customer_id: &str) -> Result<Option<Contact>, RepositoryError>;

    /// Saves a customer's contact, changed `now`.
    async fn save(
        &self,
        customer_id: &str,
        contact: &Contact,
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError>;

    /// Removes a customer's contact, if there is one.
    async fn remove(&self, customer_id: &str) -> Result<(), RepositoryError>;
}

/// The local outbox of messages, inside the transaction of one batch of events.
#[async_trait]
pub trait OutboxTransaction: Send {
    /// The error of the database.
    type Error;

    /// Inserts messages, except those about a change that has one already. If `send`, those to customers with a contact
    /// become pending. Returns how many stay local.
    async fn insert(&mut self, messages: &[Notification], send: bool) -> Result<u64, Self::Error>;
}

/// Attempts to send messages, each recorded before it is made.
#[async_trait]
pub trait AttemptRepository: Send + Sync + 'static {
    /// Begins up to `limit` attempts to send messages that are due. Replicas share them. A message waits until those
    /// about earlier changes of its order are finished.
    async fn begin(&self, limit: usize) -> Result<Vec<Attempt>, RepositoryError>;

    /// Records the outcome of an attempt, unless another attempt has begun. For a message that became unknown meanwhile
    /// (because the response came late), the outcome still counts unless it is a retry.
    async fn finish(&self, attempt: &Attempt, outcome: &AttemptOutcome) -> Result<(), RepositoryError>;

    /// Marks messages as unknown whose attempt began longer than `lease` ago and is not finished: its sender is gone.
    /// Returns how many there were.
    async fn expire_lost(&self, lease: Duration) -> Result<u64, RepositoryError>;

    /// The age of the oldest message that is still to be sent; zero if there is none.
    async fn oldest_pending_age(&self) -> Result<Duration, RepositoryError>;
}

/// Sends messages to customers.
#[async_trait]
pub trait Messenger: Send + Sync + 'static {
    /// Sends one message, at most once: whatever may have reached the receiver is [`SendResult::Sent`] or
    /// [`SendResult::Unknown`].
    async fn send(&self, message: &Message) -> SendResult;
}

/// A message as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The messenger's own id of the receiver.
    pub receiver: String,
    /// What it says.
    pub text: String,
    /// In which language.
    pub language: Language,
    /// The order that it is about.
    pub order_id: OrderId,
}
