//! The errors of the use cases as problems, for HTTP and gRPC.

use crate::application::ports::RepositoryError;
use crate::application::{CancelError, PlaceError};
use crate::domain::InvalidOrder;
use fdp_http::Problem;
use fdp_storage::ledger::LedgerError;
use http::StatusCode;
use std::ops::RangeInclusive;

/// After how many seconds a customer should retry when pay does not answer: by then it was probed again. One of them by
/// chance, so that not all come back at the same moment.
const UNAVAILABLE_RETRY_AFTER: RangeInclusive<u32> = 1..=2;
/// The same when too many are paying: as long as the line is, at most.
const BUSY_RETRY_AFTER: RangeInclusive<u32> = 1..=4;

/// The same while no store has told what it offers: one event later it has.
const NO_MENUS_RETRY_AFTER: u32 = 2;

/// The same problems as for a [`LedgerError`]: temporarily unavailable, data that cannot be stored, or an internal
/// error.
impl From<RepositoryError> for Problem {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Unreachable(reason) => LedgerError::Unreachable(reason),
            RepositoryError::Failed(reason) | RepositoryError::Unreadable(reason) => {
                LedgerError::Failed(reason)
            }
        }
        .into()
    }
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        let detail = error.to_string();
        match error {
            PlaceError::Invalid(InvalidOrder::PriceChanged { .. } | InvalidOrder::FeeChanged { .. }) => {
                Self::conflict("price-changed", detail)
            }
            PlaceError::Invalid(InvalidOrder::SoldOut { .. }) => Self::conflict("sold-out", detail),
            PlaceError::Invalid(InvalidOrder::BelowMinimum { .. }) => Self::conflict("below-minimum", detail),
            PlaceError::Invalid(InvalidOrder::Closed { .. }) => Self::conflict("store-closed", detail),
            PlaceError::Invalid(InvalidOrder::Recipient(_)) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-recipient", detail)
            }
            PlaceError::Invalid(InvalidOrder::UnknownStore(_)) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-store", detail)
            }
            PlaceError::Invalid(InvalidOrder::UnknownProduct(_)) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-product", detail)
            }
            PlaceError::Invalid(InvalidOrder::OtherStore { .. }) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "other-store", detail)
            }
            PlaceError::Invalid(InvalidOrder::UnknownDish { .. }) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-dish", detail)
            }
            PlaceError::Invalid(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-order", detail),
            PlaceError::KeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail)
            }
            PlaceError::InProgress => Self {
                retry_after: Some(1),
                ..Self::conflict("order-under-way", detail)
            },
            PlaceError::NotPaid => Self::new(StatusCode::GONE, "payment-not-finished", detail),
            PlaceError::PaymentRefused(_) => {
                Self::new(StatusCode::PAYMENT_REQUIRED, "payment-refused", detail)
            }
            PlaceError::PaymentUnavailable => {
                let seconds = rand::random_range(UNAVAILABLE_RETRY_AFTER);
                Self::unavailable("payment-unavailable", detail, seconds)
            }
            PlaceError::PaymentBusy => {
                Self::unavailable("payment-busy", detail, rand::random_range(BUSY_RETRY_AFTER))
            }
            PlaceError::NoMenus => Self::unavailable("no-menus", detail, NO_MENUS_RETRY_AFTER),
            PlaceError::Repository(error) => error.into(),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NotFound(_) => Self::not_found(error.to_string()),
            CancelError::TooLate(reason) => Self::conflict("order-too-late", reason.to_string()),
            CancelError::Repository(error) => error.into(),
        }
    }
}
