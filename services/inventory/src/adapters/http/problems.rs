//! The errors of the use cases as problem responses.

use crate::application::products::{RegisterError, RestockError};
use fdp_http::{Problem, caller};
use http::StatusCode;

impl From<RestockError> for Problem {
    fn from(error: RestockError) -> Self {
        let detail = error.to_string();
        match error {
            RestockError::NotFound(_) => Self::not_found(detail),
            RestockError::OtherQty { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail)
            }
            RestockError::TooFew(_) => Self::conflict("too-few", detail),
            RestockError::OtherStore { store_id, .. } => caller::not_your_store(&store_id),
            RestockError::Database(error) => error.into(),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        let detail = error.to_string();
        match error {
            RegisterError::Exists(_) => Self::conflict("product-exists", detail),
            RegisterError::Changed(_) => {
                Self::new(StatusCode::PRECONDITION_FAILED, "product-changed", detail)
            }
            RegisterError::OtherStock { .. } => Self::conflict("other-stock", detail),
            RegisterError::OtherStore { store_id, .. } => caller::not_your_store(&store_id),
            RegisterError::Database(error) => error.into(),
        }
    }
}
