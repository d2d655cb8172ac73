//! The marketing service: recommends items, based only on events.

pub mod adapters;
pub mod application;
pub mod domain;

use include_dir::include_dir;
use sqlx::migrate::Migrator;
use std::sync::LazyLock;

/// The service's tables.
pub static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));
