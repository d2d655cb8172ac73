//! Problems as gRPC statuses, with the same reason and the same retry delay.

use fdp_kit::Problem;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

const DOMAIN: &str = "fooddelivery.dev";

/// The status that carries `problem`.
pub(super) fn of(problem: &Problem) -> Status {
    let reason = problem.kind.rsplit(':').next().unwrap_or_default();
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, DOMAIN, HashMap::new());
    if let Some(seconds) = problem.retry_after {
        details.set_retry_info(Some(Duration::from_secs(seconds.into())));
    }
    Status::with_error_details(code(problem), problem.detail.clone(), details)
}

fn code(problem: &Problem) -> Code {
    match problem.status {
        400 | 422 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        // Aborted: a retry helps. FailedPrecondition: it does not.
        409 if problem.retry_after.is_some() => Code::Aborted,
        402 | 409 => Code::FailedPrecondition,
        429 => Code::ResourceExhausted,
        503 => Code::Unavailable,
        _ => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::{CancelError, PlaceError};
    use crate::domain::TooLate;

    #[test]
    fn a_status_carries_the_reason_and_the_retry_delay() {
        let status = of(&PlaceError::PaymentUnavailable.into());
        assert_eq!(status.code(), Code::Unavailable);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "payment-unavailable");
        assert!(details.retry_info().unwrap().retry_delay.is_some());

        let status = of(&CancelError::TooLate(TooLate::Delivered).into());
        assert_eq!(status.code(), Code::FailedPrecondition);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "order-too-late");
        assert!(details.retry_info().is_none(), "a retry does not help");
    }

    #[test]
    fn a_request_in_progress_is_aborted_and_a_final_error_is_not() {
        assert_eq!(of(&PlaceError::InProgress.into()).code(), Code::Aborted);
        assert_eq!(of(&PlaceError::KeyReused.into()).code(), Code::InvalidArgument);
        assert_eq!(
            of(&PlaceError::PaymentRefused("no money".into()).into()).code(),
            Code::FailedPrecondition
        );
    }
}
