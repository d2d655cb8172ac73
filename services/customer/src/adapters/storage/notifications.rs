//! Reads messages from PostgreSQL.

use super::rows::{columns, notification};
use crate::application::ports::{NotificationRepository, RepositoryError};
use crate::domain::Notification;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use sqlx::PgPool;
use sqlx::postgres::PgRow;

const OF_ORDER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM notifications n WHERE order_id = $1 ORDER BY version"
);

const TO_CUSTOMER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM notifications n WHERE customer_id = $1 \
     ORDER BY created_at DESC, order_id, version DESC LIMIT $2"
);

const NEWEST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM notifications n ORDER BY created_at DESC, order_id, version DESC LIMIT $1"
);

/// Messages in PostgreSQL, for reading.
#[derive(Debug, Clone)]
pub struct PgNotifications {
    pool: PgPool,
}

impl PgNotifications {
    /// Messages in the database of `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl NotificationRepository for PgNotifications {
    async fn of_order(&self, order_id: OrderId) -> Result<Vec<Notification>, RepositoryError> {
        let rows = sqlx::query(OF_ORDER)
            .bind(order_id.to_string())
            .fetch_all(&self.pool)
            .await?;
        notifications(&rows)
    }

    async fn to_customer(&self, customer_id: &str, limit: u32) -> Result<Vec<Notification>, RepositoryError> {
        let rows = sqlx::query(TO_CUSTOMER)
            .bind(customer_id)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        notifications(&rows)
    }

    async fn newest(&self, limit: u32) -> Result<Vec<Notification>, RepositoryError> {
        let rows = sqlx::query(NEWEST)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        notifications(&rows)
    }
}

fn notifications(rows: &[PgRow]) -> Result<Vec<Notification>, RepositoryError> {
    Ok(rows.iter().map(notification).collect::<Result<_, _>>()?)
}
