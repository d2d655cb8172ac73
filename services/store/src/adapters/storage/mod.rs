//! Stores, menus and tickets in PostgreSQL.

mod announcements;
mod change_log;
mod history;
mod menus;
mod retention;
mod row;
mod store_row;
mod stores;
mod table;
mod tickets;

pub use announcements::announce_all_again;
pub use change_log::PgTicketChangeLog;
pub use retention::RETAINED;
pub use stores::PgStoreRepository;
pub use table::TicketTable;
pub use tickets::PgTicketRepository;

use include_dir::include_dir;
use sqlx::migrate::Migrator;
use std::sync::LazyLock;

/// The migrations of the service's tables.
pub static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));
