//! Errors of the database as problems.
//!
//! The error is that of sqlx and the problem that of `fdp-http`, so that the conversion of the one into the other is a
//! function: `.map_err(problem)?`.

use crate::database;
use crate::ledger::LedgerError;
use fdp_http::Problem;

/// The problem for `error`: a database that cannot be reached is a passing state, what it cannot keep came
/// with the request, and everything else is our fault.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err calls")]
pub fn problem(error: sqlx::Error) -> Problem {
    if database::is_passing(&error) {
        tracing::warn!(%error, "the database does not answer");
        return unreachable();
    }
    refused_data(&error).unwrap_or_else(|| Problem::internal("a database query", &error))
}

fn unreachable() -> Problem {
    Problem::unavailable(
        "not-ready",
        "the database does not answer; try again in a moment",
        1,
    )
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

/// A ledger that cannot be reached is a passing state too.
impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unreachable(error) => {
                tracing::warn!(%error, "what is kept cannot be reached");
                unreachable()
            }
            LedgerError::Failed(error) => error
                .downcast_ref()
                .and_then(refused_data)
                .unwrap_or_else(|| Self::internal("keeping a change", error.as_ref())),
        }
    }
}
