//! Recommendations, made from the events alone.

pub mod adapters;
pub mod application;
pub mod domain;

/// The service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
