//! Stores, menus and tickets in PostgreSQL.

mod change_log;
mod menus;
mod repositories;
mod row;
mod stores;
mod table;
mod tickets;
mod values;

pub use change_log::PgTicketChangeLog;
pub use repositories::{PgStoreRepository, PgTicketRepository};
pub use table::TicketTable;

/// The migrations of the service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
