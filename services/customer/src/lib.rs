//! Notifications: one message to the customer for each change of an order.

pub mod app;
pub mod consumer;
pub mod domain;
pub mod http;
pub mod kakao;
pub mod sender;
mod store;

/// The service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
