//! The shop's pages and the view of every order that they read.
//!
//! The view is made of events only: no other service's data is touched. Every replica serves it, whichever
//! replica wrote it.

pub mod adapters;
pub mod application;
pub mod domain;
mod fingerprint;

use include_dir::include_dir;
use sqlx::migrate::Migrator;
use std::sync::LazyLock;

/// The service's own tables.
pub static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));
