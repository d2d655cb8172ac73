//! Where customers are reached, in PostgreSQL.

use super::rows::contact;
use crate::application::ports::ContactRepository;
use crate::domain::Contact;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_storage::RepositoryError;
use sqlx::PgPool;

const FIND: &str = "SELECT kakao_uuid, language FROM contacts WHERE customer_id = $1";

const SAVE: &str = "\
    INSERT INTO contacts (customer_id, kakao_uuid, language, changed_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (customer_id) DO UPDATE SET kakao_uuid = excluded.kakao_uuid, \
    language = excluded.language, changed_at = excluded.changed_at";

const REMOVE: &str = "DELETE FROM contacts WHERE customer_id = $1";

/// Contacts in PostgreSQL.
#[derive(Debug, Clone)]
pub struct PgContacts(pub PgPool);

#[async_trait]
impl ContactRepository for PgContacts {
    async fn find(&self, customer_id: &str) -> Result<Option<Contact>, RepositoryError> {
        let row = sqlx::query(FIND)
            .bind(customer_id)
            .fetch_optional(&self.0)
            .await?;
        Ok(row.as_ref().map_or(Ok(None), contact)?)
    }

    async fn save(
        &self,
        customer_id: &str,
        Contact { kakao_uuid, language }: &Contact,
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        sqlx::query(SAVE)
            .bind(customer_id)
            .bind(kakao_uuid)
            .bind(language.code())
            .bind(now)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    async fn remove(&self, customer_id: &str) -> Result<(), RepositoryError> {
        sqlx::query(REMOVE).bind(customer_id).execute(&self.0).await?;
        Ok(())
    }
}
