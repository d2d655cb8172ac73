//! The errors of the use cases as HTTP problems.

use crate::application::PayError;
use crate::domain::ChargeError;
use fdp_http::Problem;
use http::StatusCode;

impl From<PayError> for Problem {
    fn from(error: PayError) -> Self {
        let rejection = match error {
            PayError::Ledger(error) => return error.into(),
            missing @ PayError::Missing(_) => return Self::internal("taking a payment", &missing),
            PayError::Rejected(rejection) => rejection,
        };
        let detail = rejection.to_string();
        match rejection {
            ChargeError::Amount { .. } => Self::new(StatusCode::PAYMENT_REQUIRED, "payment-refused", detail),
            ChargeError::OtherAmount { .. } => Self::conflict("payment-amount-differs", detail),
            ChargeError::Voided { .. } => Self::conflict("payment-voided", detail),
            ChargeError::Refunded { .. } => Self::conflict("payment-refunded", detail),
        }
    }
}
