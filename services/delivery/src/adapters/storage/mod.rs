//! Deliveries in PostgreSQL.

mod history;
mod overdue;
mod repository;
mod retention;
mod riders;
mod row;
mod table;

pub use repository::PgDeliveryRepository;
pub use retention::RETAINED;
pub use riders::PgDeliveryLedger;
pub use table::DeliveryTable;

use include_dir::include_dir;
use sqlx::migrate::Migrator;
use std::sync::LazyLock;

/// The migrations of the service's tables.
pub static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));
