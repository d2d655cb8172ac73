//! Payments in PostgreSQL.

mod payment_ledger;
mod payment_table;
mod provider_claims;
mod provider_payments;
mod provider_reports;
mod provider_rows;
mod rows;
mod shown_payments;

pub use payment_ledger::PgPayments;
pub use payment_table::PaymentTable;
pub(crate) use provider_claims::capture;
pub use provider_payments::PgProviderPayments;
