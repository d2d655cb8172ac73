//! Deliveries: from the store to the door.

pub mod app;
pub mod consumer;
pub mod domain;
pub mod http;
mod store;

pub use store::DeliveryTable;

/// The service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
