//! The errors of the use cases as problem responses.

use crate::application::stores::MenuError;
use crate::application::tickets::TicketError;
use fdp_http::Problem;

impl From<TicketError> for Problem {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::NotFound { .. } => Self::not_found(error.to_string()),
            TicketError::Command(error) => Self::conflict("ticket-state", error.to_string()),
            TicketError::Ledger(error) => error.into(),
        }
    }
}

impl From<MenuError> for Problem {
    fn from(error: MenuError) -> Self {
        match error {
            MenuError::UnknownStore(error) => Self::not_found(error.to_string()),
            MenuError::Database(error) => error.into(),
        }
    }
}
