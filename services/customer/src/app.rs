//! What customer does: keeps one message for each change of an order, and shows them.

use crate::domain::Notification;
use crate::store;
use chrono::{DateTime, SubsecRound, Utc};
use fdp_contracts::{OrderId, OrderSnapshot};
use sqlx::{PgConnection, PgPool};

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
}

/// An order has changed: keeps the message about it, unless it is kept already.
///
/// # Errors
/// When the database fails; the transaction on `connection` is to be given up then.
pub async fn notify(connection: &mut PgConnection, order: &OrderSnapshot) -> Result<(), sqlx::Error> {
    let notification = Notification::about(order, now());
    if store::insert(connection, &notification).await? {
        tracing::info!(
            order_id = %notification.order_id, version = notification.version,
            customer_id = %notification.customer_id, "a notification is kept",
        );
    }
    Ok(())
}

/// The time, as exact as PostgreSQL keeps it.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
