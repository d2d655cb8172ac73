//! Reads rows of messages and contacts.

use crate::application::ports::RepositoryError;
use crate::domain::{Contact, Language, Notification, SendState, Text};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderState};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::error::Error;

/// The columns of a message, of the table `n`. Never `*`: PostgreSQL caches the result type of a prepared statement, and
/// a column that a later version adds would break it.
macro_rules! columns {
    () => {
        "n.order_id, n.version, n.customer_id, n.order_state, n.text_ko, n.text_en, n.sending, n.attempts, \
         n.attempted_at, n.reason, n.created_at, n.changed_at, n.traceparent"
    };
}

pub(super) use columns;

/// The message in the columns of [`columns`].
pub(super) fn notification(row: &PgRow) -> Result<Notification, sqlx::Error> {
    let state: &str = row.try_get("order_state")?;
    let sending: &str = row.try_get("sending")?;
    let created_at: DateTime<Utc> = row.try_get("created_at")?;
    let changed_at: Option<DateTime<Utc>> = row.try_get("changed_at")?;
    Ok(Notification {
        order_id: decoded(row.try_get::<&str, _>("order_id")?.parse::<OrderId>())?,
        version: decoded(u32::try_from(row.try_get::<i64, _>("version")?))?,
        customer_id: row.try_get("customer_id")?,
        state: OrderState::ALL
            .into_iter()
            .find(|known| state_name(*known) == state)
            .ok_or_else(|| unreadable("state of an order", state))?,
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

/// The stored name of an order's state.
pub(super) fn state_name(state: OrderState) -> &'static str {
    match state {
        OrderState::Placed => "Placed",
        OrderState::Accepted => "Accepted",
        OrderState::Cooking => "Cooking",
        OrderState::OnTheWay => "OnTheWay",
        OrderState::Delivered => "Delivered",
        OrderState::Rejected => "Rejected",
        OrderState::Cancelled => "Cancelled",
    }
}

fn decoded<T, E: Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, sqlx::Error> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn unreadable(what: &str, value: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("'{value}' is no {what}").into())
}

impl From<sqlx::Error> for RepositoryError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}
