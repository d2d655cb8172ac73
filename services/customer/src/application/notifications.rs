//! Reads the messages about orders, and manages where customers are reached.

use super::ports::{ContactRepository, NotificationRepository, RepositoryError};
use crate::domain::{Contact, Notification};
use fdp_contracts::OrderId;
use fdp_kit::{Clock, SystemClock};
use std::sync::Arc;

/// The use cases behind the HTTP API.
#[derive(Clone)]
pub struct Notifications {
    messages: Arc<dyn NotificationRepository>,
    contacts: Arc<dyn ContactRepository>,
}

impl Notifications {
    /// Reads `messages`, and manages `contacts`.
    pub fn new(messages: Arc<dyn NotificationRepository>, contacts: Arc<dyn ContactRepository>) -> Self {
        Self { messages, contacts }
    }

    /// All messages about one order, in the order of its changes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_order(&self, order_id: OrderId) -> Result<Vec<Notification>, RepositoryError> {
        self.messages.of_order(order_id).await
    }

    /// The newest messages to one customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn to_customer(
        &self,
        customer_id: &str,
        limit: u32,
    ) -> Result<Vec<Notification>, RepositoryError> {
        self.messages.to_customer(customer_id, limit).await
    }

    /// The newest messages of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest(&self, limit: u32) -> Result<Vec<Notification>, RepositoryError> {
        self.messages.newest(limit).await
    }

    /// The customer's contact, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contact(&self, customer_id: &str) -> Result<Option<Contact>, RepositoryError> {
        self.contacts.find(customer_id).await
    }

    /// Sends the customer's future messages to `contact`. Those created before are not affected.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_contact(&self, customer_id: &str, contact: &Contact) -> Result<(), RepositoryError> {
        self.contacts.save(customer_id, contact, SystemClock.now()).await
    }

    /// Removes the customer's contact, so that future messages stay local.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_contact(&self, customer_id: &str) -> Result<(), RepositoryError> {
        self.contacts.remove(customer_id).await
    }
}
