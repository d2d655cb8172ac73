//! Reads rows of messages and contacts.

use crate::domain::{Contact, Language, Notification, SendState, Text};
use chrono::{DateTime, Utc};
use fdp_storage::rows::{decoded, parsed, unsigned};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

/// The columns of a message, of the table `n`. Never `*`: PostgreSQL caches the result type of a prepared statement,
/// and a column that a later version adds would break it.
macro_rules! columns {
    () => {
        "n.order_id, n.version, n.customer_id, n.order_state, n.text_ko, n.text_en, n.sending, n.attempts, \
         n.attempted_at, n.reason, n.created_at, n.changed_at, n.traceparent"
    };
}

pub(super) use columns;

/// The message in the columns of [`columns`].
pub(super) fn notification(row: &PgRow) -> Result<Notification, sqlx::Error> {
    let sending: &str = row.try_get("sending")?;
    let created_at: DateTime<Utc> = row.try_get("created_at")?;
    let changed_at: Option<DateTime<Utc>> = row.try_get("changed_at")?;
    Ok(Notification {
        order_id: parsed(row, "order_id")?,
        version: unsigned(row, "version")?,
        customer_id: row.try_get("customer_id")?,
        state: parsed(row, "order_state")?,
        text: Text {
            korean: row.try_get("text_ko")?,
            english: row.try_get("text_en")?,
        },
        sending: SendState::from_name(sending).ok_or_else(|| unreadable("state of a message", sending))?,
        attempts: decoded(u32::try_from(row.try_get::<i32, _>("attempts")?))?,
        attempted_at: row.try_get("attempted_at")?,
        reason: row.try_get("reason")?,
        changed_at: changed_at.unwrap_or(created_at),
        created_at,
        traceparent: row.try_get("traceparent")?,
    })
}

/// The contact in the columns `kakao_uuid` and `language`, which are both null if there is none.
pub(super) fn contact(row: &PgRow) -> Result<Option<Contact>, sqlx::Error> {
    let Some(kakao_uuid) = row.try_get("kakao_uuid")? else {
        return Ok(None);
    };
    let code: &str = row.try_get("language")?;
    let language = Language::from_code(code).ok_or_else(|| unreadable("language", code))?;
    Ok(Some(Contact { kakao_uuid, language }))
}

fn unreadable(what: &str, value: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("'{value}' is no {what}").into())
}
