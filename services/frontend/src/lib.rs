//! The front end: the shop's pages, and the view of orders that they show.
//!
//! The view is built only from events: no other service's database is read. Every replica serves the whole view,
//! whichever replica wrote it.

pub mod adapters;
pub mod application;
pub mod domain;
mod fingerprint;
mod path_segment;

use include_dir::include_dir;
use sqlx::migrate::Migrator;
use std::sync::LazyLock;

/// The service's own tables.
pub static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));
