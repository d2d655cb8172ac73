//! Counts of orders in PostgreSQL.

mod counted_orders;
mod popularities;

pub use popularities::PgPopularities;
