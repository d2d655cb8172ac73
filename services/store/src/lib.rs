//! Stores and their tickets: the owner accepts, cooks and hands over.

pub mod app;
pub mod consumer;
pub mod domain;
pub mod http;
mod store;

pub use store::TicketTable;

/// The service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
