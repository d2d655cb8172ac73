//! A ledger stores one aggregate per order. Each change is in one transaction with the events that announce it.
//!
//! [`Ledger`] is the port for use cases. [`PgLedger`] stores aggregates in PostgreSQL, in a [`Table`] that defines how
//! rows are read and written.

mod change;
mod error;
mod port;
mod postgres;

pub use change::{Change, Decide, Decided};
pub use error::LedgerError;
pub use port::Ledger;
pub use postgres::{PgLedger, Table};
