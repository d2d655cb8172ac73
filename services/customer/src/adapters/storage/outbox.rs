//! Inserts messages into the local outbox, inside the transaction of a batch of events.

use crate::application::ports::OutboxTransaction;
use crate::domain::Notification;
use async_trait::async_trait;
use fdp_storage::rows::column;
use sqlx::postgres::PgConnection;

const INSERT: &str = "\
    INSERT INTO notifications (order_id, version, customer_id, order_state, text_ko, text_en, created_at, \
    traceparent, changed_at, sending) SELECT n.*, CASE WHEN $10 AND c.customer_id IS NOT NULL THEN 'Pending' ELSE 'Local' END \
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], \
    $8::text[], $9::timestamptz[]) \
    AS n (order_id, version, customer_id, order_state, text_ko, text_en, created_at, traceparent, changed_at) \
    LEFT JOIN contacts c ON c.customer_id = n.customer_id \
    ON CONFLICT (order_id, version) DO NOTHING RETURNING sending = 'Local'";

#[async_trait]
impl OutboxTransaction for PgConnection {
    type Error = sqlx::Error;

    async fn insert(&mut self, messages: &[Notification], send: bool) -> Result<u64, sqlx::Error> {
        let local: Vec<bool> = sqlx::query_scalar(INSERT)
            .bind(column(messages, |message| message.order_id.to_string()))
            .bind(column(messages, |message| i64::from(message.version)))
            .bind(column(messages, |message| message.customer_id.as_str()))
            .bind(column(messages, |message| message.state.name()))
            .bind(column(messages, |message| message.text.korean.as_str()))
            .bind(column(messages, |message| message.text.english.as_str()))
            .bind(column(messages, |message| message.created_at))
            .bind(column(messages, |message| message.traceparent.as_deref()))
            .bind(column(messages, |message| message.changed_at))
            .bind(send)
            .fetch_all(self)
            .await?;
        Ok(local.into_iter().map(u64::from).sum())
    }
}
