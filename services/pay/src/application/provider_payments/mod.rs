//! The use cases of payments at a provider: paying, settling what is under way, and comparing the books.

mod paying;
mod reconciliation;
mod settlement;

pub use paying::{AwaitingCustomer, Paying, PaymentAnswer};
pub use reconciliation::{Difference, Reconciliation, ReconciliationError};
pub use settlement::Settlement;
