//! Problems as gRPC statuses, with the same reason and the same retry delay, and what waits for its customer to pay.

use crate::domain::AwaitingOrder;
use chrono::SecondsFormat;
use fdp_http::Problem;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

const DOMAIN: &str = "fooddelivery.dev";

/// Why a call has no order to answer with.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Something went wrong.
    Problem(Problem),
    /// It waits for its customer to pay, and is no order yet.
    AwaitingPayment(Box<AwaitingOrder>),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<&Refusal> for Status {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Problem(problem) => of(problem),
            Refusal::AwaitingPayment(awaiting) => awaiting_payment(awaiting),
        }
    }
}

/// The status that says where and until when a customer has to pay.
fn awaiting_payment(awaiting: &AwaitingOrder) -> Status {
    let expires_at = awaiting.expires_at().to_rfc3339_opts(SecondsFormat::Secs, true);
    let facts = [
        ("orderId", awaiting.order_id().to_string()),
        ("amount", awaiting.order().snapshot().amount.to_string()),
        ("payUrl", awaiting.pay_url().to_owned()),
        ("expiresAt", expires_at),
    ];
    let facts = facts.map(|(name, value)| (name.to_owned(), value));
    let mut details = ErrorDetails::new();
    details.set_error_info("awaiting-payment", DOMAIN, HashMap::from(facts));
    let words =
        "the customer has to pay at payUrl until expiresAt; once that is done, it is an order with this id";
    Status::with_error_details(Code::FailedPrecondition, words, details)
}

/// The status that carries `problem`.
fn of(problem: &Problem) -> Status {
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
        402 | 409 | 410 => Code::FailedPrecondition,
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
