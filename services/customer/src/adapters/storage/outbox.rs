//! Inserts messages into the local outbox, inside the transaction of a batch of events.

use super::rows::state_name;
use crate::application::ports::OutboxTransaction;
use crate::domain::Notification;
use async_trait::async_trait;
use sqlx::postgres::PgConnection;

const INSERT: &str = "\
    INSERT INTO notifications (order_id, version, customer_id, order_state, text_ko, text_en, created_at, \
    traceparent, changed_at, sending) SELECT n.*, CASE WHEN $10 AND c.customer_id IS NOT NULL THEN 'Pending' ELSE 'Local' END \
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], \
    $8::text[], $9::timestamptz[]) \
    AS n (order_id, version, customer_id, order_state, text_ko, text_en, created_at, traceparent, changed_at) \
    LEFT JOIN contacts c ON c.customer_id = n.customer_id \
    ON CONFLICT (order_id, version) DO NOTHING RETURNING sending = 'Local'";

/// The local outbox in PostgreSQL, inside the transaction of a connection.
pub(in crate::adapters) struct PgOutboxTransaction<'c> {
    connection: &'c mut PgConnection,
}

impl<'c> PgOutboxTransaction<'c> {
    /// The transaction that `connection` has begun.
    pub(in crate::adapters) fn new(connection: &'c mut PgConnection) -> Self {
        Self { connection }
    }
}

#[async_trait]
impl OutboxTransaction for PgOutboxTransaction<'_> {
    type Error = sqlx::Error;

    async fn insert(&mut self, messages: &[Notification], send: bool) -> Result<u64, sqlx::Error> {
        macro_rules! column {
            ($value:expr) => {
                messages.iter().map($value).collect::<Vec<_>>()
            };
        }
        let local: Vec<bool> = sqlx::query_scalar(INSERT)
            .bind(column!(|message| message.order_id.to_string()))
            .bind(column!(|message| i64::from(message.version)))
            .bind(column!(|message| message.customer_id.as_str()))
            .bind(column!(|message| state_name(message.state)))
            .bind(column!(|message| message.text.korean.as_str()))
            .bind(column!(|message| message.text.english.as_str()))
            .bind(column!(|message| message.created_at))
            .bind(column!(|message| message.traceparent.as_deref()))
            .bind(column!(|message| message.changed_at))
            .bind(send)
            .fetch_all(&mut *self.connection)
            .await?;
        Ok(local.into_iter().map(u64::from).sum())
    }
}
