//! The errors of the use cases as HTTP problems.

use crate::application::PayError;
use crate::domain::ChargeError;
use fdp_http::Problem;
use http::StatusCode;

impl From<PayError> for Problem {
    fn from(error: PayError) -> Self {
        let rejection = match error {
            PayError::Ledger(error) => return error.into(),
            PayError::Repository(error) => return error.into(),
            ref refused @ PayError::RefusedByProvider { .. } => {
                return Self::new(
                    StatusCode::PAYMENT_REQUIRED,
                    "payment-refused",
                    refused.to_string(),
                );
            }
            ref late @ PayError::NotPaidInTime(_) => {
                return Self::conflict("payment-expired", late.to_string());
            }
            ref silent @ PayError::NoAnswer { .. } => {
                return Self::unavailable("payment-unknown", silent.to_string(), 1);
            }
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
