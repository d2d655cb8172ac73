//! Stores, menus and tickets in PostgreSQL.

mod change_log;
mod menus;
mod row;
mod stores;
mod table;
mod tickets;

pub use change_log::PgTicketChangeLog;
pub use stores::PgStoreRepository;
pub use table::TicketTable;
pub use tickets::PgTicketRepository;

/// The migrations of the service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
