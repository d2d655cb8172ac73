//! Counts of orders in PostgreSQL.

mod counted_orders;
mod popularities;
mod retention;

pub use popularities::PgPopularities;
pub use retention::RETAINED;
