//! What can be asked of customer: the messages about orders, and where customers are reached.

pub mod ports;

use crate::domain::{Contact, Notification};
use crate::store;
use fdp_contracts::OrderId;
use fdp_kit::{Clock, SystemClock};
use sqlx::PgPool;

/// The messages, for those who ask.
#[derive(Debug, Clone)]
pub struct Notifications {
    pool: PgPool,
}

impl Notifications {
    /// Works on the database behind `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// All messages about one order, in the order of its changes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_order(&self, order_id: OrderId) -> Result<Vec<Notification>, sqlx::Error> {
        store::of_order(&self.pool, order_id).await
    }

    /// The newest messages to one customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn to_customer(&self, customer_id: &str, limit: u32) -> Result<Vec<Notification>, sqlx::Error> {
        store::to_customer(&self.pool, customer_id, limit).await
    }

    /// The newest messages of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest(&self, limit: u32) -> Result<Vec<Notification>, sqlx::Error> {
        store::newest(&self.pool, limit).await
    }

    /// Where a customer's messages go, if that is known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contact(&self, customer_id: &str) -> Result<Option<Contact>, sqlx::Error> {
        store::contacts::find(&self.pool, customer_id).await
    }

    /// From now on the customer's messages go to `contact`. Those written before stay where they are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reach(&self, customer_id: &str, contact: &Contact) -> Result<(), sqlx::Error> {
        store::contacts::save(&self.pool, customer_id, contact, SystemClock.now()).await
    }

    /// From now on the customer's messages stay local.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(&self, customer_id: &str) -> Result<(), sqlx::Error> {
        store::contacts::remove(&self.pool, customer_id).await
    }
}
