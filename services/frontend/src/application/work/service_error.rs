//! Another service did not do what an owner or a rider asked for.

use fdp_http::Problem;
use std::error::Error;

/// Another service did not do what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// It refused.
    #[error("{operation}: the service answers {} {}", problem.status, problem.detail)]
    Rejected {
        /// What was asked for.
        operation: &'static str,
        /// Its reason.
        problem: Problem,
    },
    /// It was not reached, so nothing was done.
    #[error("{operation}: the service cannot be reached: {source}")]
    Unreachable {
        /// What was asked for.
        operation: &'static str,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It is unknown whether it was done.
    #[error("{operation}: the service gives no answer: {source}")]
    NoAnswer {
        /// What was asked for.
        operation: &'static str,
        /// The failure of the HTTP request.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ServiceError {
    /// Whether there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Rejected { problem, .. } if problem.status == 404)
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Rejected { problem, .. } => problem,
            ServiceError::Unreachable { .. } | ServiceError::NoAnswer { .. } => {
                tracing::warn!(%error, "a page for those who work here cannot be shown");
                Self::unavailable(
                    "service-unreachable",
                    "the service behind this page does not answer; try again in a moment",
                    1,
                )
            }
        }
    }
}
