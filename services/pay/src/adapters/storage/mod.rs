//! Payments in PostgreSQL.

mod payment_ledger;
mod payment_table;
mod rows;

pub use payment_ledger::PgPayments;
pub use payment_table::PaymentTable;
