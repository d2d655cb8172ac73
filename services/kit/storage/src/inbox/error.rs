//! Decides which database errors are worth a retry.

use crate::database;
use crate::outbox::OutboxError;
use fdp_messaging::HandleError;

/// Whether to retry events after `error`.
pub(crate) fn handle_error(error: sqlx::Error) -> HandleError {
    // Data that cannot be encoded, that the database refuses (class 22), or that violates a constraint (class 23) will
    // be refused again; and a row that this version cannot read will not be readable later. All other events would wait
    // behind it for ever: it goes to the dead letters, from which it is replayed when the row or the program is mended.
    let refused = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    if matches!(
        error,
        sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. }
    ) || refused.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
    {
        return HandleError::Permanent(error.to_string());
    }
    if !database::is_transient(&error) {
        tracing::error!(%error, "the database refuses what it should not; trying again");
    }
    HandleError::Transient(error.into())
}

impl From<OutboxError> for HandleError {
    fn from(error: OutboxError) -> Self {
        handle_error(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_down_is_poison_and_a_silent_server_is_tried_again() {
        let too_large = u64::MAX;
        let encoding = i64::try_from(too_large).unwrap_err();
        let refused = handle_error(sqlx::Error::Encode(encoding.into()));
        assert!(matches!(refused, HandleError::Permanent(_)), "{refused:?}");
        let silent = handle_error(database::timed_out());
        assert!(matches!(silent, HandleError::Transient(_)), "{silent:?}");
    }

    #[test]
    fn a_row_that_cannot_be_read_does_not_hold_up_the_events_behind_it() {
        let unknown = || "Frozen".parse::<u64>().unwrap_err();
        let column = sqlx::Error::ColumnDecode {
            index: "state".to_owned(),
            source: unknown().into(),
        };
        for unreadable in [sqlx::Error::Decode(unknown().into()), column] {
            let refused = handle_error(unreadable);
            assert!(matches!(refused, HandleError::Permanent(_)), "{refused:?}");
        }
    }

    #[test]
    fn an_event_that_is_too_long_to_be_announced_is_poison() {
        let too_long = OutboxError::TooLong {
            kind: "fooddelivery.order.placed.v1".to_owned(),
            subject: "ord_1".to_owned(),
            bytes: 1_000_000,
            most: 900_000,
        };
        assert!(matches!(HandleError::from(too_long), HandleError::Permanent(_)));
    }
}
