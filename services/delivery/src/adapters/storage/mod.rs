//! Deliveries in PostgreSQL.

mod repository;
mod row;
mod table;

pub use repository::PgDeliveryRepository;
pub use table::DeliveryTable;

/// The migrations of the service's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
