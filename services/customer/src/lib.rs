//! Notifications: one message to the customer for each change of an order.

pub mod adapters;
pub mod application;
pub mod domain;

/// The service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
