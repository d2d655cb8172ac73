//! The errors of the use cases as problem responses.

use crate::application::products::RestockError;
use fdp_http::Problem;
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
