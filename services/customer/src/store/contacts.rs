//! Where customers are reached, in PostgreSQL.

use super::unreadable;
use crate::domain::{Contact, Language};
use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};

/// The contact in the columns `kakao_uuid` and `language`, which are both null where there is none.
pub(super) fn contact(row: &PgRow) -> Result<Option<Contact>, sqlx::Error> {
    let Some(kakao_uuid) = row.try_get("kakao_uuid")? else {
        return Ok(None);
    };
    let code: &str = row.try_get("language")?;
    let language = Language::of_code(code).ok_or_else(|| unreadable("language", code))?;
    Ok(Some(Contact { kakao_uuid, language }))
}

pub(crate) async fn find(pool: &PgPool, customer_id: &str) -> Result<Option<Contact>, sqlx::Error> {
    let row = sqlx::query("SELECT kakao_uuid, language FROM contacts WHERE customer_id = $1")
        .bind(customer_id)
        .fetch_optional(pool)
        .await?;
    row.as_ref().map_or(Ok(None), contact)
}

pub(crate) async fn save(
    pool: &PgPool,
    customer_id: &str,
    Contact { kakao_uuid, language }: &Contact,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO contacts (customer_id, kakao_uuid, language, changed_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (customer_id) DO UPDATE SET kakao_uuid = excluded.kakao_uuid, \
         language = excluded.language, changed_at = excluded.changed_at",
    )
    .bind(customer_id)
    .bind(kakao_uuid)
    .bind(language.code())
    .bind(now)
    .execute(pool)
    .await
    .map(|_| ())
}

pub(crate) async fn remove(pool: &PgPool, customer_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM contacts WHERE customer_id = $1")
        .bind(customer_id)
        .execute(pool)
        .await
        .map(|_| ())
}
