//! Products and their stock: taken by orders, never oversold.

pub mod app;
pub mod consumer;
pub mod domain;
pub mod http;
mod store;

/// The service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
