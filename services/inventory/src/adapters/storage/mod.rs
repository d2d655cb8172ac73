//! Products and reservations in PostgreSQL.

mod announcements;
mod products;
mod repository;
mod reservations;

pub use announcements::announce_all_again;
pub use repository::PgProductRepository;

use include_dir::include_dir;
use sqlx::migrate::Migrator;
use std::sync::LazyLock;

/// The migrations of the service's tables.
pub static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));
