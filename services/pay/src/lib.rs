//! Payments: approved, refunded or voided, once per order.

pub mod app;
pub mod consumer;
pub mod domain;
pub mod drill;
pub mod http;
pub mod store;

/// The service's own tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
