//! The errors of the use cases as problem responses.

use super::access::not_yours;
use crate::application::deliveries::DeliveryError;
use crate::domain::CommandError;
use fdp_http::Problem;

impl From<DeliveryError> for Problem {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::NotFound(_) => Self::not_found(error.to_string()),
            DeliveryError::Command(error) => error.into(),
            DeliveryError::Ledger(error) => error.into(),
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let detail = error.to_string();
        match error {
            CommandError::WrongState { .. } | CommandError::NotOffered(_) => {
                Self::conflict("delivery-state", detail)
            }
            CommandError::TooMany { .. } => Self::conflict("too-many-deliveries", detail),
            CommandError::Unassigned(_) => Self::conflict("delivery-unassigned", detail),
            CommandError::AssignedToOther(_) | CommandError::AssignsOther => not_yours(detail),
        }
    }
}
