//! The errors of the use cases as problem responses.

use crate::application::ports::RepositoryError;
use crate::application::products::RestockError;
use fdp_kit::Problem;
use http::StatusCode;

impl From<RestockError> for Problem {
    fn from(error: RestockError) -> Self {
        let detail = error.to_string();
        match error {
            RestockError::NotFound(_) => Self::not_found(detail),
            RestockError::OtherQty { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail)
            }
            RestockError::Database(error) => error.into(),
        }
    }
}

impl From<RepositoryError> for Problem {
    fn from(RepositoryError(error): RepositoryError) -> Self {
        match error.downcast::<sqlx::Error>() {
            // Tells a database that cannot be reached from one that failed.
            Ok(error) => (*error).into(),
            Err(error) => Self::internal("a database query", error.as_ref()),
        }
    }
}
