//! The errors of the use cases as HTTP problems.

use crate::application::ports::RepositoryError;
use fdp_kit::Problem;

impl From<RepositoryError> for Problem {
    fn from(RepositoryError(error): RepositoryError) -> Self {
        match error.downcast::<sqlx::Error>() {
            // The kit tells an unreachable database from a failed query.
            Ok(error) => (*error).into(),
            Err(error) => Self::internal("a database query", error.as_ref()),
        }
    }
}
