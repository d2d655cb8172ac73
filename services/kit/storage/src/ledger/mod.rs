//! Aggregates kept by order, each change in one transaction with the events that announce it.
//!
//! [`Ledger`] is what use cases see. [`PgLedger`] keeps them in PostgreSQL, in a [`Table`] that only says how rows are
//! read and written.

mod change;
mod error;
mod port;
mod postgres;

pub use change::{Change, Decide, Decided};
pub use error::LedgerError;
pub use port::Ledger;
pub use postgres::{PgLedger, Table};
