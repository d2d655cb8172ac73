//! Errors of the database as problems, for services that link all of the kit.

use crate::problem::Problem;

/// Whether the database is only out of reach for now.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
            true
        }
        // Class 08 connection, 40 rolled back (deadlock, serialisation), 53 out of resources, 55P03 a lock that was
        // not to be had in time, 57 shutting down.
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            ["08", "40", "53", "55P03", "57"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if is_passing(&error) {
            tracing::warn!(%error, "the database does not answer");
            return Self::unavailable(
                "not-ready",
                "the database does not answer; try again in a moment",
                1,
            );
        }
        refused_data(&error).unwrap_or_else(|| Self::internal("a database query", &error))
    }
}

/// What the database cannot keep (class 22: a text with a zero byte, a date beyond its calendar) came with the request.
fn refused_data(error: &sqlx::Error) -> Option<Problem> {
    let refused = error.as_database_error()?;
    let is_data = refused.code().is_some_and(|code| code.starts_with("22"));
    is_data.then(|| {
        Problem::bad_request(format!(
            "something in this request cannot be kept: {}",
            refused.message()
        ))
    })
}
