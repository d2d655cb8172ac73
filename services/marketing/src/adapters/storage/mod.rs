//! Counts of orders in PostgreSQL.

mod counted_orders;
mod popularities;

pub(super) use counted_orders::PgCountTransaction;
pub use popularities::PgPopularities;
