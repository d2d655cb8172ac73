//! Products and reservations in PostgreSQL.

mod products;
mod repository;
mod reservations;

pub use repository::PgProductRepository;

/// The migrations of the service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
