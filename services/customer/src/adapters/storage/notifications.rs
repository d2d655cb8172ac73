//! Reads messages from PostgreSQL.

use super::rows::{columns, notification};
use crate::application::ports::NotificationRepository;
use crate::domain::Notification;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::RepositoryError;
use sqlx::PgPool;

/// A query of messages.
macro_rules! select {
    ($which:literal) => {
        concat!("SELECT ", columns!(), " FROM notifications n ", $which)
    };
}

/// Messages in PostgreSQL, for reading.
#[derive(Debug, Clone)]
pub struct PgNotifications(pub PgPool);

#[async_trait]
impl NotificationRepository for PgNotifications {
    async fn of_order(&self, order_id: OrderId) -> Result<Vec<Notification>, RepositoryError> {
        let found = sqlx::query(select!("WHERE order_id = $1 ORDER BY version"))
            .bind(order_id.to_string())
            .try_map(|row| notification(&row))
            .fetch_all(&self.0)
            .await?;
        Ok(found)
    }

    async fn to_customer(&self, customer_id: &str, limit: u32) -> Result<Vec<Notification>, RepositoryError> {
        let found = sqlx::query(select!(
            "WHERE customer_id = $1 \
             ORDER BY created_at DESC, order_id, version DESC LIMIT $2"
        ))
        .bind(customer_id)
        .bind(i64::from(limit))
        .try_map(|row| notification(&row))
        .fetch_all(&self.0)
        .await?;
        Ok(found)
    }

    async fn newest(&self, limit: u32) -> Result<Vec<Notification>, RepositoryError> {
        let found = sqlx::query(select!(
            "ORDER BY created_at DESC, order_id, version DESC LIMIT $1"
        ))
        .bind(i64::from(limit))
        .try_map(|row| notification(&row))
        .fetch_all(&self.0)
        .await?;
        Ok(found)
    }
}
